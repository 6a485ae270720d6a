"""What the executable model says about a file."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile, headers, multi_instance, tag

from kiang.bpmn.reader import read
from kiang.protocol.enums import BindingType, ElementType, EventType, ListenerEventType


def process_of(file: BpmnFile):
    return read("f.bpmn", file.xml(), now_ms=0)[0]


def test_nodes_have_small_indexes_in_document_order_and_the_process_has_none_before_it():
    file = BpmnFile("p").start("s")
    with file.sub_process("sub"):
        file.start("inner").service_task("work", job_type="w")
    file.end("e")

    process = process_of(file)

    assert [(node.id, node.index) for node in process.nodes.values()] == [
        ("p", 0),
        ("s", 1),
        ("sub", 2),
        ("inner", 3),
        ("work", 4),
        ("e", 5),
    ]
    assert process.nodes["work"].scope is process.nodes["sub"]
    assert [child.id for child in process.root.children] == ["s", "sub", "e"]
    assert process.nodes["sub"].none_start is process.nodes["inner"]


def test_flows_leave_in_reverse_document_order_and_enter_in_document_order():
    file = BpmnFile("p").start("s").element("parallelGateway", "fork").element("parallelGateway", "join")
    file.service_task("a", job_type="a").service_task("b", job_type="b")
    file.chain("s", "fork", "a", "join").chain("fork", "b", "join")

    process = process_of(file)

    assert [flow.target.id for flow in process.nodes["fork"].outgoing] == ["b", "a"]
    assert [flow.source.id for flow in process.nodes["join"].incoming] == ["a", "b"]


def test_conditions_and_the_default_flow_belong_to_exclusive_gateways():
    file = BpmnFile("p").start("s").element("exclusiveGateway", "g", default="g-b").end("a").end("b")
    file.flow("s", "g").flow("g", "a", "=x > 1").flow("g", "b")

    process = process_of(file)

    assert process.flows["g-a"].condition.text == "x > 1"
    assert process.flows["g-a"].condition.feel.evaluate({"x": 2}) is True
    assert process.nodes["g"].default_flow is process.flows["g-b"]


def test_a_multi_instance_activity_is_a_body_around_an_inner_activity():
    loop = multi_instance(
        "=items", "item", output_collection="results", output_element="=r", completion_condition="=done"
    )
    file = BpmnFile("p").start("s").service_task("t", job_type="w", inner=loop, inputs={"a": "=item"}).end("e")
    file.boundary("late", "t", file.timer_event(duration="PT1H")).chain("s", "t", "e").flow("late", "e")

    body = process_of(file).nodes["t"]

    assert body.type == ElementType.MULTI_INSTANCE_BODY
    assert body.inner.type == ElementType.SERVICE_TASK
    assert body.inner.multi_instance_body is body
    assert body.inner.scope is body
    assert body.inner.index != body.index
    assert [event.id for event in body.boundary_events] == ["late"]
    assert body.boundary_events[0].attached_to is body
    assert body.inner.boundary_events == ()
    assert body.inputs is None
    assert body.inner.inputs.text == "{a:item}"
    assert (body.loop.input_element, body.loop.output_collection) == ("item", "results")
    assert body.loop.output_element.text == "r"
    assert body.loop.completion_condition.text == "done"
    assert not body.loop.sequential
    assert [flow.target for flow in body.incoming] == [body]


def test_nodes_of_a_multi_instance_sub_process_lie_in_its_inner_activity():
    file = BpmnFile("p").start("s")
    with file.sub_process("sub", inner=multi_instance("=items")):
        file.start("inner")

    process = process_of(file)

    assert process.nodes["inner"].scope is process.nodes["sub"].inner
    assert process.nodes["sub"].inner.none_start is process.nodes["inner"]
    assert process.nodes["sub"].children == ()


def test_event_sub_processes_are_known_to_their_scope_with_their_start_event():
    file = BpmnFile("p").start("s")
    with file.event_sub_process("esp"):
        file.start("caught", file.message_event("m", "=key"), interrupting=False)

    process = process_of(file)

    assert process.root.event_sub_processes == (process.nodes["esp"],)
    assert process.nodes["esp"].type == ElementType.EVENT_SUB_PROCESS
    start = process.nodes["esp"].none_start
    assert (start.id, start.event.type, start.event.interrupting) == ("caught", EventType.MESSAGE, False)
    assert (start.event.message.name.static, start.event.message.correlation_key.text) == ("m", "key")
    assert process.root.none_start is process.nodes["s"]


def test_compensation_handlers_are_found_by_association():
    file = BpmnFile("p").start("s").service_task("pay", job_type="pay")
    file.boundary("undo", "pay", file.compensate_event()).service_task(
        "refund", job_type="refund", isForCompensation=True
    )
    file.throw("throw", file.compensate_event("pay")).chain("s", "pay", "throw").associate("undo", "refund")

    process = process_of(file)

    assert process.nodes["undo"].compensation_handler is process.nodes["refund"]
    assert process.nodes["refund"].is_for_compensation
    assert process.nodes["throw"].event.activity_ref == "pay"


def test_a_link_leads_to_the_catch_event_of_its_name():
    file = BpmnFile("p").start("s").throw("jump", file_link("there")).catch("land", file_link("there")).end("e")
    file.flow("s", "jump").flow("land", "e")

    process = process_of(file)

    assert process.nodes["jump"].link_target is process.nodes["land"]


def file_link(name: str) -> str:
    return tag("bpmn:linkEventDefinition", name=name)


def test_jobs_have_type_retries_and_headers_without_empty_ones():
    file = (
        BpmnFile("p")
        .start("s")
        .service_task("t", job_type="=kind", retries="5", task_headers={"a": "1", "empty": "", "": "nothing"})
    )

    job = process_of(file).nodes["t"].job

    assert job.job_type.text == "kind"
    assert job.retries.static == 5
    assert job.headers == {"a": "1"}


def test_user_tasks_are_native_or_jobs():
    assignment = tag("zeebe:assignmentDefinition", assignee="ada", candidateGroups="a, b", candidateUsers="=users")
    file = BpmnFile("p").start("s")
    file.user_task("native", extensions=assignment + tag("zeebe:priorityDefinition", priority="70"))
    file.user_task("job", native=False, extensions=headers({"k": "v"}))

    process = process_of(file)

    native, job = process.nodes["native"], process.nodes["job"]
    assert native.job is None
    assert native.user_task.native
    assert native.user_task.assignee.static == "ada"
    assert native.user_task.candidate_groups.text == '["a","b"]'
    assert native.user_task.candidate_groups.feel.evaluate({}) == ["a", "b"]
    assert native.user_task.candidate_users.text == "users"
    assert native.user_task.priority.static == 70
    assert (job.job.job_type.static, job.job.retries.static, job.job.headers) == (
        "io.camunda.zeebe:userTask",
        1,
        {"k": "v"},
    )


def test_called_elements_have_a_binding():
    file = BpmnFile("p").start("s")
    file.call_activity("c", "=which", propagateAllChildVariables=False, bindingType="versionTag", versionTag="v1")
    file.decision_task("d", "decide", "result")

    process = process_of(file)

    called = process.nodes["c"].called_element
    assert (called.process_id.text, called.propagate_all_child_variables, called.propagate_all_parent_variables) == (
        "which",
        False,
        True,
    )
    assert (called.binding, called.version_tag) == (BindingType.VERSION_TAG, "v1")
    decision = process.nodes["d"].called_decision
    assert (decision.decision_id.static, decision.result_variable, decision.binding) == (
        "decide",
        "result",
        BindingType.LATEST,
    )


def test_listeners_are_read_in_order_of_their_event():
    listeners = (("end", "c"), ("start", "a"), ("start", "b", "7"))
    file = BpmnFile("p").start("s").service_task("t", job_type="w", execution_listeners=listeners)

    node = process_of(file).nodes["t"]

    assert [(entry.event_type, entry.job_type.static) for entry in node.start_listeners] == [
        (ListenerEventType.START, "a"),
        (ListenerEventType.START, "b"),
    ]
    assert node.start_listeners[1].retries.static == 7
    assert [entry.job_type.static for entry in node.end_listeners] == ["c"]


def test_where_mappings_are_not_carried_out_the_model_has_none():
    both = {"inputs": {"a": "=1"}, "outputs": {"b": "=2"}}
    file = BpmnFile("p").start("s", **both).element("manualTask", "m", **both).element("parallelGateway", "g", **both)
    file.throw("none", **both).throw("signal", file.signal_event("x"), **both).service_task("t", job_type="w", **both)

    nodes = process_of(file).nodes

    carried_out = {id_: (nodes[id_].inputs is not None, nodes[id_].outputs is not None) for id_ in nodes if id_ != "p"}
    assert carried_out == {
        "s": (False, True),
        "m": (False, False),
        "g": (False, False),
        "none": (False, True),
        "signal": (True, True),
        "t": (True, True),
    }


def test_an_ad_hoc_sub_process_has_a_scope_for_each_activated_element():
    ad_hoc = tag("zeebe:adHoc", activeElementsCollection="=todo", outputCollection="all", outputElement="=one")
    file = BpmnFile("p").start("s")
    with file.sub_process("any", kind="adHocSubProcess", extensions=ad_hoc, cancelRemainingInstances=False):
        file.service_task("a", job_type="a").service_task("b", job_type="b")

    process = process_of(file)

    node = process.nodes["any"]
    assert node.inner is process.nodes["any#innerInstance"]
    assert node.inner.type == ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE
    assert process.nodes["a"].scope is node.inner
    assert [child.id for child in node.children] == ["a", "b"]
    assert node.ad_hoc.active_elements.text == "todo"
    assert not node.ad_hoc.cancel_remaining_instances
    assert (node.ad_hoc.output_collection, node.ad_hoc.output_element.text) == ("all", "one")


def test_conditional_events_have_a_condition_and_a_filter():
    file = BpmnFile("p").start("s").catch("c", file_condition("=x > 1", variableEvents="create, update"))

    event = process_of(file).nodes["c"].event

    assert (event.type, event.condition.text) == (EventType.CONDITIONAL, "x > 1")
    assert event.condition_events == {"create", "update"}


def file_condition(text: str, **filter_: str) -> str:
    return BpmnFile("unused").conditional_event(text, **filter_)


def test_codes_are_text_even_if_they_are_numbers():
    file = BpmnFile("p").start("s").service_task("t", job_type="w").end("f")
    file.boundary("caught", "t", file.error_event("404")).flow("s", "t").flow("caught", "f")

    event = process_of(file).nodes["caught"].event

    assert (event.code.text, event.code.static) == ("404", "404")


def test_version_tags_forms_and_properties_of_a_process_are_kept():
    form = tag("zeebe:userTaskForm", '{"components":[]}', id="form_1")
    properties = tag("zeebe:properties", tag("zeebe:property", name="owner", value="ada"))
    file = BpmnFile("p", version_tag="v1", extensions=form + properties).start("s")

    process = process_of(file)

    assert process.version_tag == "v1"
    assert process.forms == {"form_1": '{"components":[]}'}
    assert process.root.properties == {"owner": "ada"}
