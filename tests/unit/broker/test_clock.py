from datetime import timedelta

from kiang.broker.clock import ControlledClock, SystemClock


def test_a_pinned_clock_stands_still_until_it_is_advanced():
    clock = ControlledClock(pinned_at_ms=1_000)
    changes = []
    clock.on_change(lambda: changes.append(clock.now_ms()))

    assert clock.is_pinned
    assert clock.now_ms() == 1_000
    clock.advance(timedelta(seconds=2))
    clock.advance(5)
    clock.pin(77)

    assert changes == [3_000, 3_005, 77]


def test_a_running_clock_can_jump_ahead_and_return():
    system, clock = SystemClock(), ControlledClock()

    clock.advance(timedelta(days=1))
    ahead = clock.now_ms() - system.now_ms()
    clock.reset()

    assert abs(ahead - 86_400_000) < 1_000
    assert abs(clock.now_ms() - system.now_ms()) < 1_000
    assert not clock.is_pinned


def test_pinning_without_an_instant_keeps_the_present():
    clock = ControlledClock()
    before = clock.now_ms()

    clock.pin()

    assert before <= clock.now_ms() < before + 1_000
    assert clock.now_ms() == clock.now_ms()
