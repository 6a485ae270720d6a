"""What the schema of BPMN 2.0 (BPMN20.xsd, Semantic.xsd, BPMNDI.xsd) says about the elements that modelers write, as tables.

A content is written as a line of particles: `name?`, `name*`, `name+` or `name` for exactly one, `a|b?` for a choice. The name of a group
stands for every element of the group. An attribute is `name:type`, with `!` behind it if it must be there.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

BPMNDI_NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/DI"
DC_NAMESPACE = "http://www.omg.org/spec/DD/20100524/DC"
DI_NAMESPACE = "http://www.omg.org/spec/DD/20100524/DI"

ENUMERATIONS: dict[str, tuple[str, ...]] = {
    "ProcessType": ("None", "Public", "Private"),
    "GatewayDirection": ("Unspecified", "Converging", "Diverging", "Mixed"),
    "EventGatewayType": ("Exclusive", "Parallel"),
    "AssociationDirection": ("None", "One", "Both"),
    "MultiInstanceBehavior": ("None", "One", "All", "Complex"),
    "AdHocOrdering": ("Parallel", "Sequential"),
    "ItemKind": ("Information", "Physical"),
    "RelationshipDirection": ("None", "Forward", "Backward", "Both"),
    "MessageVisibleKind": ("initiating", "non_initiating"),
    "ParticipantBandKind": (
        "top_initiating",
        "middle_initiating",
        "bottom_initiating",
        "top_non_initiating",
        "middle_non_initiating",
        "bottom_non_initiating",
    ),
}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


GROUPS: dict[str, frozenset[str]] = {
    "flowElement": _names(
        "adHocSubProcess boundaryEvent businessRuleTask callActivity callChoreography choreographyTask complexGateway "
        "dataObject dataObjectReference dataStoreReference endEvent event eventBasedGateway exclusiveGateway "
        "implicitThrowEvent inclusiveGateway intermediateCatchEvent intermediateThrowEvent manualTask parallelGateway "
        "receiveTask scriptTask sendTask sequenceFlow serviceTask startEvent subChoreography subProcess task transaction "
        "userTask flowElement"
    ),
    "artifact": _names("association group textAnnotation artifact"),
    "resourceRole": _names("resourceRole performer humanPerformer potentialOwner"),
    "loopCharacteristics": _names("multiInstanceLoopCharacteristics standardLoopCharacteristics loopCharacteristics"),
    "eventDefinition": _names(
        "cancelEventDefinition compensateEventDefinition conditionalEventDefinition errorEventDefinition "
        "escalationEventDefinition linkEventDefinition messageEventDefinition signalEventDefinition "
        "terminateEventDefinition timerEventDefinition eventDefinition"
    ),
    "conversationNode": _names("callConversation conversation subConversation conversationNode"),
    "rootElement": _names(
        "category collaboration choreography globalChoreographyTask globalConversation correlationProperty dataStore "
        "endPoint error escalation cancelEventDefinition compensateEventDefinition conditionalEventDefinition "
        "errorEventDefinition escalationEventDefinition linkEventDefinition messageEventDefinition signalEventDefinition "
        "terminateEventDefinition timerEventDefinition globalBusinessRuleTask globalManualTask globalScriptTask "
        "globalTask globalUserTask interface itemDefinition message partnerEntity partnerRole process resource signal "
        "eventDefinition rootElement"
    ),
    "rendering": frozenset({"rendering"}),
    "expression": _names("expression formalExpression"),
    f"{{{DI_NAMESPACE}}}DiagramElement": frozenset(
        {f"{{{BPMNDI_NAMESPACE}}}BPMNShape", f"{{{BPMNDI_NAMESPACE}}}BPMNEdge", f"{{{DI_NAMESPACE}}}DiagramElement"}
    ),
}
"""Name of a group, which is that of its head -> the elements that may stand for it."""

ABSTRACT = _names("flowElement event eventDefinition rootElement artifact loopCharacteristics conversationNode")
"""Heads of groups that are no elements themselves."""


class Particle(NamedTuple):
    """One place in a content: which elements may stand there, and how many."""

    names: tuple[str, ...]
    minimum: int
    maximum: int | None

    def accepts(self, kind: str) -> bool:
        """Whether an element may stand here."""
        return any(kind == name or kind in GROUPS.get(name, ()) for name in self.names)


class Type(NamedTuple):
    """What an element may hold.

    Attributes:
        attributes: Name -> (type, whether it must be there).
        content: In order.
        is_mixed: Text is allowed between the elements.
        any_content: Elements of other namespaces, and nothing of BPMN's, are allowed in any number.
        any_attribute: Attributes of other namespaces are allowed.
    """

    attributes: dict[str, tuple[str, bool]]
    content: tuple[Particle, ...]
    is_mixed: bool = False
    any_content: bool = False
    any_attribute: bool = True


class _Definition(NamedTuple):
    base: str
    attributes: str = ""
    content: str = ""


_BASES: dict[str, _Definition] = {
    "base": _Definition("", "id:ID", "documentation* extensionElements?"),
    "flowElement": _Definition("base", "name:string", "auditing? monitoring? categoryValueRef*"),
    "flowNode": _Definition("flowElement", "", "incoming* outgoing*"),
    "activity": _Definition(
        "flowNode",
        "isForCompensation:boolean startQuantity:integer completionQuantity:integer default:IDREF",
        "ioSpecification? property* dataInputAssociation* dataOutputAssociation* resourceRole* loopCharacteristics?",
    ),
    "event": _Definition("flowNode", "", "property*"),
    "catchEvent": _Definition(
        "event",
        "parallelMultiple:boolean",
        "dataOutput* dataOutputAssociation* outputSet? eventDefinition* eventDefinitionRef*",
    ),
    "throwEvent": _Definition(
        "event", "", "dataInput* dataInputAssociation* inputSet? eventDefinition* eventDefinitionRef*"
    ),
    "gateway": _Definition("flowNode", "gatewayDirection:GatewayDirection"),
    "item": _Definition("base", "name:string itemSubjectRef:QName isCollection:boolean", "dataState?"),
    "dataAssociation": _Definition("base", "", "sourceRef* targetRef transformation? assignment*"),
    "resource": _Definition(
        "base", "name:string", "resourceRef|resourceAssignmentExpression? resourceParameterBinding*"
    ),
    "expression": _Definition("base"),
    "formalExpression": _Definition("base", "language:anyURI evaluatesToTypeRef:QName"),
    "diagramElement": _Definition("", "id:ID", f"{{{DI_NAMESPACE}}}extension?"),
}

_ELEMENTS: dict[str, _Definition] = {
    "definitions": _Definition(
        "",
        "id:ID name:string targetNamespace:anyURI! expressionLanguage:anyURI typeLanguage:anyURI exporter:string "
        "exporterVersion:string",
        f"import* extension* rootElement* {{{BPMNDI_NAMESPACE}}}BPMNDiagram* relationship*",
    ),
    "import": _Definition("", "namespace:anyURI! location:string! importType:anyURI!"),
    "extension": _Definition("", "definition:QName mustUnderstand:boolean", "documentation*"),
    "process": _Definition(
        "base",
        "name:string processType:ProcessType isClosed:boolean isExecutable:boolean definitionalCollaborationRef:QName",
        "supportedInterfaceRef* ioSpecification? ioBinding* auditing? monitoring? property* laneSet* flowElement* "
        "artifact* resourceRole* correlationSubscription* supports*",
    ),
    "laneSet": _Definition("base", "name:string", "lane*"),
    "childLaneSet": _Definition("base", "name:string", "lane*"),
    "lane": _Definition(
        "base", "name:string partitionElementRef:QName", "partitionElement? flowNodeRef* childLaneSet?"
    ),
    "sequenceFlow": _Definition(
        "flowElement", "sourceRef:IDREF! targetRef:IDREF! isImmediate:boolean", "conditionExpression?"
    ),
    "task": _Definition("activity"),
    "manualTask": _Definition("activity"),
    "serviceTask": _Definition("activity", "implementation:string operationRef:QName"),
    "sendTask": _Definition("activity", "implementation:string messageRef:QName operationRef:QName"),
    "receiveTask": _Definition(
        "activity", "implementation:string instantiate:boolean messageRef:QName operationRef:QName"
    ),
    "userTask": _Definition("activity", "implementation:string", "rendering*"),
    "scriptTask": _Definition("activity", "scriptFormat:string", "script?"),
    "businessRuleTask": _Definition("activity", "implementation:string"),
    "callActivity": _Definition("activity", "calledElement:QName"),
    "subProcess": _Definition("activity", "triggeredByEvent:boolean", "laneSet* flowElement* artifact*"),
    "transaction": _Definition("activity", "triggeredByEvent:boolean method:string", "laneSet* flowElement* artifact*"),
    "adHocSubProcess": _Definition(
        "activity",
        "triggeredByEvent:boolean cancelRemainingInstances:boolean ordering:AdHocOrdering",
        "laneSet* flowElement* artifact* completionCondition?",
    ),
    "exclusiveGateway": _Definition("gateway", "default:IDREF"),
    "inclusiveGateway": _Definition("gateway", "default:IDREF"),
    "complexGateway": _Definition("gateway", "default:IDREF", "activationCondition?"),
    "parallelGateway": _Definition("gateway"),
    "eventBasedGateway": _Definition("gateway", "instantiate:boolean eventGatewayType:EventGatewayType"),
    "startEvent": _Definition("catchEvent", "isInterrupting:boolean"),
    "intermediateCatchEvent": _Definition("catchEvent"),
    "boundaryEvent": _Definition("catchEvent", "cancelActivity:boolean attachedToRef:QName!"),
    "endEvent": _Definition("throwEvent"),
    "intermediateThrowEvent": _Definition("throwEvent"),
    "implicitThrowEvent": _Definition("throwEvent"),
    "messageEventDefinition": _Definition("base", "messageRef:QName", "operationRef?"),
    "timerEventDefinition": _Definition("base", "", "timeDate|timeDuration|timeCycle?"),
    "signalEventDefinition": _Definition("base", "signalRef:QName"),
    "errorEventDefinition": _Definition("base", "errorRef:QName"),
    "escalationEventDefinition": _Definition("base", "escalationRef:QName"),
    "compensateEventDefinition": _Definition("base", "waitForCompletion:boolean activityRef:QName"),
    "conditionalEventDefinition": _Definition("base", "", "condition"),
    "linkEventDefinition": _Definition("base", "name:string!", "source* target?"),
    "terminateEventDefinition": _Definition("base"),
    "cancelEventDefinition": _Definition("base"),
    "message": _Definition("base", "name:string itemRef:QName"),
    "signal": _Definition("base", "name:string structureRef:QName"),
    "error": _Definition("base", "name:string errorCode:string structureRef:QName"),
    "escalation": _Definition("base", "name:string escalationCode:string structureRef:QName"),
    "itemDefinition": _Definition("base", "structureRef:QName isCollection:boolean itemKind:ItemKind"),
    "category": _Definition("base", "name:string", "categoryValue*"),
    "categoryValue": _Definition("base", "value:string"),
    "dataStore": _Definition(
        "base", "name:string capacity:integer isUnlimited:boolean itemSubjectRef:QName", "dataState?"
    ),
    "multiInstanceLoopCharacteristics": _Definition(
        "base",
        "isSequential:boolean behavior:MultiInstanceBehavior oneBehaviorEventRef:QName noneBehaviorEventRef:QName",
        "loopCardinality? loopDataInputRef? loopDataOutputRef? inputDataItem? outputDataItem? "
        "complexBehaviorDefinition* completionCondition?",
    ),
    "standardLoopCharacteristics": _Definition("base", "testBefore:boolean loopMaximum:integer", "loopCondition?"),
    "dataObject": _Definition("flowElement", "itemSubjectRef:QName isCollection:boolean", "dataState?"),
    "dataObjectReference": _Definition("flowElement", "itemSubjectRef:QName dataObjectRef:IDREF", "dataState?"),
    "dataStoreReference": _Definition("flowElement", "itemSubjectRef:QName dataStoreRef:QName", "dataState?"),
    "dataInput": _Definition("item"),
    "dataOutput": _Definition("item"),
    "property": _Definition("base", "name:string itemSubjectRef:QName", "dataState?"),
    "inputDataItem": _Definition("item"),
    "outputDataItem": _Definition("item"),
    "dataState": _Definition("base", "name:string"),
    "ioSpecification": _Definition("base", "", "dataInput* dataOutput* inputSet+ outputSet+"),
    "inputSet": _Definition(
        "base", "name:string", "dataInputRefs* optionalInputRefs* whileExecutingInputRefs* outputSetRefs*"
    ),
    "outputSet": _Definition(
        "base", "name:string", "dataOutputRefs* optionalOutputRefs* whileExecutingOutputRefs* inputSetRefs*"
    ),
    "dataInputAssociation": _Definition("dataAssociation"),
    "dataOutputAssociation": _Definition("dataAssociation"),
    "assignment": _Definition("base", "", "from to"),
    "auditing": _Definition("base"),
    "monitoring": _Definition("base"),
    "association": _Definition("base", "sourceRef:QName! targetRef:QName! associationDirection:AssociationDirection"),
    "group": _Definition("base", "categoryValueRef:QName"),
    "textAnnotation": _Definition("base", "textFormat:string", "text?"),
    "resourceRole": _Definition("resource"),
    "resourceAssignmentExpression": _Definition("base", "", "expression"),
    "performer": _Definition("resource"),
    "humanPerformer": _Definition("resource"),
    "potentialOwner": _Definition("resource"),
    "collaboration": _Definition(
        "base",
        "name:string isClosed:boolean",
        "participant* messageFlow* artifact* conversationNode* conversationAssociation* participantAssociation* "
        "messageFlowAssociation* correlationKey* choreographyRef* conversationLink*",
    ),
    "participant": _Definition(
        "base", "name:string processRef:QName", "interfaceRef* endPointRef* participantMultiplicity?"
    ),
    "participantMultiplicity": _Definition("base", "minimum:integer maximum:integer"),
    "messageFlow": _Definition("base", "name:string sourceRef:QName! targetRef:QName! messageRef:QName"),
    f"{{{BPMNDI_NAMESPACE}}}BPMNDiagram": _Definition(
        "",
        "name:string documentation:string resolution:double id:ID",
        f"{{{BPMNDI_NAMESPACE}}}BPMNPlane {{{BPMNDI_NAMESPACE}}}BPMNLabelStyle*",
    ),
    f"{{{BPMNDI_NAMESPACE}}}BPMNPlane": _Definition(
        "diagramElement", "bpmnElement:QName", f"{{{DI_NAMESPACE}}}DiagramElement*"
    ),
    f"{{{BPMNDI_NAMESPACE}}}BPMNShape": _Definition(
        "diagramElement",
        "bpmnElement:QName isHorizontal:boolean isExpanded:boolean isMarkerVisible:boolean isMessageVisible:boolean "
        "participantBandKind:ParticipantBandKind choreographyActivityShape:QName",
        f"{{{DC_NAMESPACE}}}Bounds {{{BPMNDI_NAMESPACE}}}BPMNLabel?",
    ),
    f"{{{BPMNDI_NAMESPACE}}}BPMNEdge": _Definition(
        "diagramElement",
        "bpmnElement:QName sourceElement:QName targetElement:QName messageVisibleKind:MessageVisibleKind",
        f"{{{DI_NAMESPACE}}}waypoint++ {{{BPMNDI_NAMESPACE}}}BPMNLabel?",
    ),
    f"{{{BPMNDI_NAMESPACE}}}BPMNLabel": _Definition("diagramElement", "labelStyle:QName", f"{{{DC_NAMESPACE}}}Bounds?"),
    f"{{{DC_NAMESPACE}}}Bounds": _Definition("", "x:double! y:double! width:double! height:double!"),
    f"{{{DI_NAMESPACE}}}waypoint": _Definition("", "x:double! y:double!"),
}

EXPRESSIONS = _names(
    "conditionExpression condition timeDate timeDuration timeCycle completionCondition loopCardinality loopCondition "
    "activationCondition transformation from to expression formalExpression"
)
"""Elements of the type tExpression, which `xsi:type` may make a tFormalExpression."""

SIMPLE: dict[str, str] = {
    **dict.fromkeys(
        _names(
            "incoming outgoing categoryValueRef eventDefinitionRef operationRef source target loopDataInputRef "
            "loopDataOutputRef supportedInterfaceRef interfaceRef endPointRef choreographyRef supports resourceRef"
        ),
        "QName",
    ),
    **dict.fromkeys(
        _names(
            "flowNodeRef sourceRef targetRef dataInputRefs optionalInputRefs whileExecutingInputRefs outputSetRefs "
            "dataOutputRefs optionalOutputRefs whileExecutingOutputRefs inputSetRefs"
        ),
        "IDREF",
    ),
}
"""Elements that hold nothing but a value of a simple type."""

_MIXED = {
    "documentation": Type({"id": ("ID", False), "textFormat": ("string", False)}, (), True, True, False),
    "text": Type({}, (), True, True, False),
    "script": Type({}, (), True, True, False),
    "extensionElements": Type({}, (), False, True, False),
}

_CLOSED = frozenset({f"{{{DC_NAMESPACE}}}Bounds", f"{{{DI_NAMESPACE}}}waypoint", f"{{{BPMNDI_NAMESPACE}}}BPMNDiagram"})
"""Elements without attributes of other namespaces."""


@cache
def type_of(kind: str, xsi_type: str = "") -> Type | None:
    """The type of an element; None if the tables do not know it."""
    if kind in _MIXED:
        return _MIXED[kind]
    if kind in EXPRESSIONS:
        base = (
            "formalExpression" if "formalExpression" in {kind, xsi_type[1:2].lower() + xsi_type[2:]} else "expression"
        )
        return _resolve(_BASES[base])._replace(is_mixed=True)
    definition = _ELEMENTS.get(kind)
    if definition is None:
        return None
    return _resolve(definition)._replace(any_attribute=kind not in _CLOSED)


def _resolve(definition: _Definition) -> Type:
    attributes: dict[str, tuple[str, bool]] = {}
    content: tuple[Particle, ...] = ()
    if definition.base:
        inherited = _resolve(_BASES[definition.base])
        attributes, content = dict(inherited.attributes), inherited.content
    for text in definition.attributes.split():
        name, _, type_ = text.partition(":")
        attributes[name] = (type_.rstrip("!"), type_.endswith("!"))
    return Type(attributes, content + tuple(_particle(text) for text in definition.content.split()))


def _particle(text: str) -> Particle:
    minimum, maximum = {"?": (0, 1), "*": (0, None), "+": (text.count("+"), None)}.get(text[-1], (1, 1))
    return Particle(tuple(text.rstrip("?*+").split("|")), minimum, maximum)
