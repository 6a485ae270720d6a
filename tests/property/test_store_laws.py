"""Laws about state and store, for random lives of random process instances."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from tests.property.random_processes import Life, rows_of, steps

from kiang.engine.appliers import APPLIERS
from kiang.engine.state.source import EmptySource
from kiang.engine.state.state import State
from kiang.protocol.enums import ElementState
from kiang.protocol.events import decode_log
from kiang.protocol.keys import first_key
from kiang.store.memory import MemoryStore
from kiang.store.port import Store
from kiang.store.sqlite import SqliteStore

FEW = settings(max_examples=60, deadline=None)
FEWER = settings(max_examples=20, deadline=None)


def resident_rows(state: State) -> dict[int, object]:
    """What the engine keeps in memory of what has not ended, by key."""
    rows = {**state._scopes, **state._jobs, **state._incidents}
    for scope in state._scopes.values():
        rows |= {variable.key: variable for variable in (scope.variables or {}).values()}
    return rows


@FEW
@given(steps)
def test_after_a_commit_the_state_in_memory_is_the_state_in_the_store(steps):
    life = Life(MemoryStore())
    life.run(steps)
    life.commit()

    state = life.engine.state
    fresh = Life.__new__(Life)
    fresh.store = life.store
    fresh.restart()
    loaded = fresh.engine.state
    for key in list(state._instances):
        loaded.instance(key)
    kept, stored = resident_rows(state), resident_rows(loaded)
    assert kept.keys() == stored.keys()
    for key, row in kept.items():
        for name in row.__struct_fields__:
            if name not in {"touched_at", "node", "decoded", "variables", "children"}:
                assert getattr(row, name) == getattr(stored[key], name), (key, name)
        assert list(getattr(row, "children", None) or ()) == list(getattr(stored[key], "children", None) or ())
        assert (getattr(row, "variables", None) or {}).keys() == (getattr(stored[key], "variables", None) or {}).keys()
        assert getattr(row, "node", None) is None or row.node.id == stored[key].node.id
    assert all(scope.state < ElementState.COMPLETED for scope in state._scopes.values())


@FEW
@given(steps)
def test_when_commits_happen_and_whether_the_engine_is_restarted_makes_no_difference(steps):
    rarely, always, restarted = (
        Life(MemoryStore()),
        Life(MemoryStore(), commits_always=True),
        Life(MemoryStore(), restarts=True),
    )
    for life in (rarely, always, restarted):
        life.run(steps)
        life.commit()

    assert rarely.answers == always.answers == restarted.answers
    assert rows_of(rarely.store) == rows_of(always.store) == rows_of(restarted.store)


@FEWER
@given(steps)
def test_every_store_holds_the_same_rows(steps):
    memory = Life(MemoryStore(), restarts=True)
    memory.run(steps)
    with TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder), writes_apart=False)
        sqlite = Life(store, restarts=True)
        sqlite.run(steps)

        assert sqlite.answers == memory.answers
        assert rows_of(store) == rows_of(memory.store)
        store.close()


@FEW
@given(steps)
def test_the_record_log_replayed_gives_the_same_rows(steps):
    life = Life(MemoryStore())
    life.run(steps)
    life.commit()

    copy = replay(life.store)

    assert rows_of(copy, without=frozenset({"follow_up"})) == rows_of(life.store, without=frozenset({"follow_up"}))


def replay(store: Store) -> MemoryStore:
    """Apply the record log to an empty state."""
    copy = MemoryStore()
    state = State(EmptySource(), last_key=first_key(1), is_new=True)
    state._source = copy
    for entry in store.log(limit=100_000):
        for now, events in decode_log(entry.records):
            state.now = now
            for event in events:
                APPLIERS[type(event)](state, event)
        commit = state.begin_commit(b"")
        assert commit is not None
        copy.commit(commit._replace(position=copy.header.position + 1))
        state.end_commit()
    return copy
