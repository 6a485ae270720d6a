import io.camunda.client.*;
import io.camunda.client.api.command.*;
import io.camunda.client.api.response.*;
import io.camunda.client.api.search.enums.*;
import java.lang.reflect.*;
import java.net.URI;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.*;

/** Every command of the client at least once: arguments: gRPC address, REST address, prefer REST,
    folder with resources. */
public class Story {
  static final Set<String> called = new TreeSet<>();
  /** Generic resources and usage metrics are no part of the server. */
  static final Set<String> NOT_OFFERED = Set.of("newUsageMetricsRequest", "newResourceGetRequest",
      "newResourceContentGetRequest");
  static int ok, bad;
  static CamundaClient recording(CamundaClient c) {
    return (CamundaClient) Proxy.newProxyInstance(Story.class.getClassLoader(), new Class[] {CamundaClient.class},
        (p, m, a) -> {
      if (m.getName().startsWith("new")) called.add(m.getName());
      try { return m.invoke(c, a); } catch (InvocationTargetException e) { throw e.getCause(); }
    });
  }
  interface Work<T> { T run() throws Exception; }
  static <T> T step(String name, Work<T> w) {
    try { T r = w.run(); ok++; System.out.println("ok    " + name + " " + shorten(r)); return r; }
    catch (Throwable e) { bad++; System.out.println("FAIL  " + name + " " + e.getClass()
        .getSimpleName() + ": " + String.valueOf(e.getMessage()).replace((char) 10, (char) 32));
        for (Throwable t = e; t != null; t = t.getCause()) { System.out.println("        " + t); for (int n = 0;
        n < 4 && n < t.getStackTrace().length; n++) System.out.println("          " + t.getStackTrace()[n]);
        } return null; }
  }
  static String shorten(Object o) {
    String s = o instanceof Number || o instanceof String || o instanceof Boolean || o instanceof Collection ? String.valueOf(o) : o == null ? "" : o.getClass().getSimpleName();
    return s.length() > 160 ? s.substring(0, 160) : s;
  }
  static void check(String name, Object expected, Work<?> w) {
    step(name, () -> { Object r = w.run();
        if (!Objects.equals(expected, r)) throw new AssertionError("expected " + expected + " got " + r); return r;
        });
  }
  public static void main(String[] a) throws Exception {
    boolean rest = Boolean.parseBoolean(a[2]);
    CamundaClient c = recording(CamundaClient.newClientBuilder().grpcAddress(URI.create(a[0]))
        .restAddress(URI.create(a[1])).preferRestOverGrpc(rest)
        .defaultRequestTimeout(Duration.ofSeconds(10)).build());
    String f = a[3] + "/";
    check("topology", 1, () -> c.newTopologyRequest().send().join().getPartitionsCount());
    step("status", () -> c.newStatusRequest().send().join().getStatus());
    DeploymentEvent d = step("deploy", () -> c.newDeployResourceCommand().addResourceFile(f + "tour.bpmn")
        .addResourceFile(f + "waits.bpmn").addResourceFile(f + "asks.bpmn")
        .addResourceFile(f + "free.bpmn").addResourceFile(f + "simple.bpmn").addResourceFile(f + "prices.dmn")
            .addResourceFile(f + "review.form").addResourceFile(f + "listens.bpmn").send().join());
    step("deploy old", () -> c.newDeployCommand().addResourceFile(f + "simple.bpmn").send().join().getProcesses()
        .get(0).getVersion());
    Map<String, Long> keys = new HashMap<>();
    for (io.camunda.client.api.response.Process p : d.getProcesses()) keys.put(p.getBpmnProcessId(),
        p.getProcessDefinitionKey());
    step("deployed", () -> keys.keySet().toString() + d.getDecisions().size() + d.getDecisionRequirements()
        .size() + d.getForm().size());
    ProcessInstanceEvent i = step("create", () -> c.newCreateInstanceCommand().bpmnProcessId("tour").latestVersion()
        .variables(Map.of("a", 1, "t", "x")).tags("vip").send().join());
    long key = i.getProcessInstanceKey();
    check("create with result", "{b=2, x=1}", () -> {
      CompletableFuture<ProcessInstanceResult> r = c.newCreateInstanceCommand().bpmnProcessId("simple")
          .latestVersion().variables(Map.of("x", 1)).withResult().fetchVariables("x", "b")
          .requestTimeout(Duration.ofSeconds(10)).send().toCompletableFuture();
      ActivatedJob j = c.newActivateJobsCommand().jobType("simple").maxJobsToActivate(1)
          .requestTimeout(Duration.ofSeconds(5)).send().join().getJobs().get(0);
      c.newCompleteCommand(j).variables(Map.of("b", 2)).send().join();
      return new TreeMap<>(r.get(10, TimeUnit.SECONDS).getVariablesAsMap()).toString();
    });
    ActivatedJob job = step("activate", () -> c.newActivateJobsCommand().jobType("work").maxJobsToActivate(5)
        .timeout(Duration.ofMinutes(1)).workerName("j").fetchVariables("a").requestTimeout(Duration.ofSeconds(5))
        .send().join().getJobs().get(0));
    check("job variables", "{a=1}", () -> job.getVariablesAsMap().toString());
    check("job facts", "work tour 1 BPMN_ELEMENT " + key + " <default> {h=1}", () ->
        job.getType() + " " + job.getBpmnProcessId() + " " + job.getProcessDefinitionVersion() + " " + job.getKind() + " " + job.getProcessInstanceKey() + " " + job.getTenantId() + " " + job.getCustomHeaders());
    step("update retries", () -> c.newUpdateRetriesCommand(job).retries(5).send().join());
    step("update timeout", () -> c.newUpdateTimeoutCommand(job).timeout(Duration.ofMinutes(2)).send().join());
    step("update job", () -> c.newUpdateJobCommand(job).update(4, 90_000L).send().join());
    step("fail", () -> c.newFailCommand(job).retries(0).errorMessage("broken").variable("why", "x").send().join());
    var inc = step("incidents", () -> c.newIncidentSearchRequest().filter(q -> q.processInstanceKey(key)).sort(s ->
        s.creationTime().desc()).send().join().items().get(0));
    step("incident get", () -> c.newIncidentGetRequest(inc.getIncidentKey()).send().join().getErrorType());
    step("incidents of instance", () -> c.newIncidentsByProcessInstanceSearchRequest(key).send().join().items()
        .size());
    step("instances with incident", () -> { var r = c.newProcessInstanceSearchRequest().filter(q ->
        q.hasIncident(true).errorMessage("broken").processDefinitionId("tour")).send().join().items();
        if (r.size() != 1) throw new AssertionError(r.size()); return 1; });
    step("retries again", () -> c.newUpdateRetriesCommand(job.getKey()).retries(2).send().join());
    step("resolve", () -> c.newResolveIncidentCommand(inc.getIncidentKey()).send().join());
    step("jobs search", () -> { var j = c.newJobSearchRequest().filter(q -> q.processInstanceKey(key).type("work"))
        .sort(s -> s.jobKey().asc()).page(p -> p.limit(10)).send().join().items();
        return j.get(0).getState() + " " + j.get(0).getRetries() + " " + j.get(0).getKind() + " " + j.get(0)
        .getListenerEventType(); });
    step("throw error", () -> { var j = c.newActivateJobsCommand().jobType("work").maxJobsToActivate(1)
        .requestTimeout(Duration.ofSeconds(5)).send().join().getJobs().get(0); return c.newThrowErrorCommand(j)
        .errorCode("E1").errorMessage("m").variables(Map.of("e", 1)).send().join(); });
    ProcessInstanceEvent i2 = c.newCreateInstanceCommand().processDefinitionKey(keys.get("tour")).variable("a", 2)
        .send().join();
    long k2 = i2.getProcessInstanceKey();
    step("worker polls", () -> { BlockingQueue<String> q = new LinkedBlockingQueue<>();
      var w = c.newWorker().jobType("work").handler((jc, j) -> { jc.newCompleteCommand(j).variables(Map.of("done",
          true)).send().join(); q.add(j.getVariables()); }).timeout(10_000).maxJobsActive(3)
          .pollInterval(Duration.ofMillis(100)).open();
      try { return String.valueOf(Objects.requireNonNull(q.poll(8, TimeUnit.SECONDS), "no job")); } finally {
          w.close(); } });
    step("worker streams", () -> { BlockingQueue<String> q = new LinkedBlockingQueue<>();
      var w = c.newWorker().jobType("simple").handler((jc, j) -> { jc.newCompleteCommand(j).send().join();
          q.add(j.getVariables()); }).streamEnabled(true).pollInterval(Duration.ofHours(1)).open();
      Thread.sleep(500);
      try { for (int n = 0; n < 20; n++) c.newCreateInstanceCommand().bpmnProcessId("simple").latestVersion()
          .variable("n", n).send().join();
        int got = 0; while (q.poll(3, TimeUnit.SECONDS) != null) if (++got == 20) break;
            if (got != 20) throw new AssertionError("streamed " + got); return got; } finally { w.close(); } });
    step("stream command", () -> { BlockingQueue<Long> q = new LinkedBlockingQueue<>();
        var s = c.newStreamJobsCommand().jobType("simple").consumer(j -> q.add(j.getKey()))
        .timeout(Duration.ofMinutes(1)).workerName("s").send();
      Thread.sleep(300); c.newCreateInstanceCommand().bpmnProcessId("simple").latestVersion().send().join();
          Long k = q.poll(5, TimeUnit.SECONDS); s.cancel(true); if (k == null) throw new AssertionError("nothing");
          return c.newCompleteCommand(k).send().join(); });
    var task = step("user tasks", () -> c.newUserTaskSearchRequest().filter(q -> q.processInstanceKey(k2)
        .state(UserTaskState.CREATED).elementId("review")).sort(s -> s.creationDate().desc().priority().asc()).send()
        .join().items().get(0));
    long tk = task.getUserTaskKey();
    step("task get", () -> c.newUserTaskGetRequest(tk).send().join().getName());
    step("task form", () -> c.newUserTaskGetFormRequest(tk).send().join().getFormId());
    step("task assign", () -> c.newAssignUserTaskCommand(tk).assignee("ann").action("claim").allowOverride(true)
        .send().join());
    step("task assign again", () -> { try { c.newAssignUserTaskCommand(tk).assignee("bob").allowOverride(false).send()
        .join(); } catch (io.camunda.client.api.command.ProblemException e) { if (e.code() == 409) return e.details()
        .getDetail(); throw e; } throw new AssertionError("not refused"); });
    step("tasks of ann", () -> { int n = c.newUserTaskSearchRequest().filter(q -> q.assignee("ann")
        .processInstanceVariables(Map.of("a", 2))).send().join().items().size();
        if (n != 1) throw new AssertionError(n); return n; });
    step("task update", () -> c.newUpdateUserTaskCommand(tk).candidateGroups("g").candidateUsers("u")
        .dueDate("2030-01-01T00:00:00Z").followUpDate("2030-01-01T00:00:00+01:00").priority(80).send().join());
    step("task update clear", () -> c.newUpdateUserTaskCommand(tk).clearCandidateGroups().clearDueDate().action("x")
        .send().join());
    step("tasks by due", () -> { var t = c.newUserTaskSearchRequest().filter(q -> q.candidateUser("u").priority(p ->
        p.gte(80).lt(81)).followUpDate(x -> x.lt(OffsetDateTime.now().plusYears(9)))).send().join().items();
        if (t.size() != 1) throw new AssertionError(t.size()); return String.valueOf(t.get(0).getDueDate()) + t.get(0)
        .getFollowUpDate() + t.get(0).getCandidateUsers(); });
    step("task variables", () -> c.newUserTaskVariableSearchRequest(tk).filter(q -> q.name("a")).sort(s ->
        s.name().asc()).send().join().items().get(0).getValue());
    step("task unassign", () -> c.newUnassignUserTaskCommand(tk).send().join());
    step("set variables", () -> c.newSetVariablesCommand(k2).variables(Map.of("z", List.of(1, "q"), "big",
        "x".repeat(20_000))).local(true).operationReference(7).send().join());
    var v = step("variables", () -> c.newVariableSearchRequest().filter(q -> q.processInstanceKey(k2).name(n ->
        n.like("b*"))).sort(s -> s.name().asc().value().desc()).send().join().items().get(0));
    step("variable truncated", () -> { if (!v.isTruncated()) throw new AssertionError("not truncated " + v.getValue()
        .length()); return v.getValue().length(); });
    check("variable get", 20_002, () -> c.newVariableGetRequest(v.getVariableKey()).send().join().getValue()
        .length());
    step("variable in", () -> c.newVariableSearchRequest().filter(q -> q.scopeKey(k2).name(n -> n.in("a", "z")))
        .page(p -> p.from(0).limit(1)).send().join().page().totalItems());
    step("task complete", () -> c.newCompleteUserTaskCommand(tk).action("ok").variables(Map.of("approved", true))
        .send().join());
    step("instance get", () -> { var x = c.newProcessInstanceGetRequest(k2).send().join();
        if (x.getState() != ProcessInstanceState.COMPLETED) throw new AssertionError(x.getState());
        return x.getStartDate() + " " + x.getEndDate() + x.getTags(); });
    step("call hierarchy", () -> c.newProcessInstanceGetCallHierarchyRequest(k2).send().join().size());
    step("sequence flows", () -> c.newProcessInstanceSequenceFlowsRequest(k2).send().join().size());
    step("instance statistics", () -> c.newProcessInstanceElementStatisticsRequest(k2).send().join().size());
    step("definition statistics", () -> c.newProcessDefinitionElementStatisticsRequest(keys.get("tour")).filter(q ->
        q.state(ProcessInstanceState.COMPLETED)).send().join().size());
    step("definitions", () -> c.newProcessDefinitionSearchRequest().filter(q -> q.processDefinitionId("tour")
        .version(1).isLatestVersion(true)).sort(s -> s.version().desc().name().asc()).send().join().items().get(0)
        .getName());
    step("definition get", () -> c.newProcessDefinitionGetRequest(keys.get("tour")).send().join().getResourceName());
    step("definition xml", () -> c.newProcessDefinitionGetXmlRequest(keys.get("tour")).send().join().length());
    step("definition form", () -> c.newProcessDefinitionGetFormRequest(keys.get("asks")).send().join().getFormId());
    step("definition without form", () -> { var x = c.newProcessDefinitionGetFormRequest(keys.get("tour")).send()
        .join(); return "none: " + x; });
    var els = step("elements", () -> c.newElementInstanceSearchRequest().filter(q -> q.processInstanceKey(k2)
        .type(ElementInstanceType.USER_TASK)).sort(s -> s.startDate().asc().elementInstanceKey().desc()).send().join()
        .items());
    step("element get", () -> c.newElementInstanceGetRequest(els.get(0).getElementInstanceKey()).send().join()
        .getElementName());
    step("evaluate decision", () -> { var r = c.newEvaluateDecisionCommand().decisionId("price")
        .variables(Map.of("size", 3)).send().join(); return r.getDecisionOutput() + r.getEvaluatedDecisions().get(0)
        .getMatchedRules().size() + " " + r.getDecisionInstanceKey(); });
    var dec = step("decisions", () -> c.newDecisionDefinitionSearchRequest().filter(q ->
        q.decisionDefinitionId("price")).sort(s -> s.version().desc()).send().join().items().get(0));
    step("decision by key", () -> c.newEvaluateDecisionCommand().decisionKey(dec.getDecisionKey())
        .variables("{\"size\": 30}").send().join().getDecisionOutput());
    step("decision get", () -> c.newDecisionDefinitionGetRequest(dec.getDecisionKey()).send().join()
        .getDmnDecisionName());
    step("decision xml", () -> c.newDecisionDefinitionGetXmlRequest(dec.getDecisionKey()).send().join().length());
    var drg = step("requirements", () -> c.newDecisionRequirementsSearchRequest().filter(q ->
        q.decisionRequirementsId("prices")).sort(s -> s.version().desc()).send().join().items().get(0));
    step("requirements get", () -> c.newDecisionRequirementsGetRequest(drg.getDecisionRequirementsKey()).send().join()
        .getResourceName());
    step("requirements xml", () -> c.newDecisionRequirementsGetXmlRequest(drg.getDecisionRequirementsKey()).send()
        .join().length());
    var di = step("decision instances", () -> c.newDecisionInstanceSearchRequest().filter(q ->
        q.decisionDefinitionId("price").state(io.camunda.client.api.search.response.DecisionInstanceState.EVALUATED))
        .sort(s -> s.evaluationDate().desc()).send().join().items().get(0));
    step("decision instance get", () -> { var x = c.newDecisionInstanceGetRequest(di.getDecisionInstanceId()).send()
        .join(); return x.getResult() + x.getEvaluatedInputs().size() + x.getMatchedRules()
        .size() + x.getDecisionDefinitionType(); });
    c.newCreateInstanceCommand().bpmnProcessId("waits").latestVersion().variables(Map.of("id", "k-1")).send().join();
    step("subscriptions", () -> c.newMessageSubscriptionSearchRequest().filter(q -> q.messageName("done")).sort(s ->
        s.messageName().asc()).send().join().items().get(0).getCorrelationKey());
    step("correlate", () -> c.newCorrelateMessageCommand().messageName("done").correlationKey("k-1")
        .variables(Map.of("m", 1)).send().join().getProcessInstanceKey());
    step("correlate nobody", () -> { try { c.newCorrelateMessageCommand().messageName("done").correlationKey("no")
        .send().join(); } catch (ProblemException e) { if (e.code() == 404) return e.details().getDetail(); throw e;
        } throw new AssertionError("found"); });
    step("correlated", () -> c.newCorrelatedMessageSubscriptionSearchRequest().filter(q -> q.messageName("done"))
        .sort(s -> s.correlationTime().desc()).send().join().items().size());
    step("publish", () -> c.newPublishMessageCommand().messageName("done").correlationKey("k-2").messageId("1")
        .timeToLive(Duration.ofMinutes(1)).variables(Map.of("p", 1)).send().join().getMessageKey());
    step("publish without key", () -> c.newPublishMessageCommand().messageName("nobody").withoutCorrelationKey()
        .send().join().getMessageKey());
    step("signal", () -> c.newBroadcastSignalCommand().signalName("s").variables(Map.of("x", 1)).send().join()
        .getKey());
    // a closed worker of this client may still get a job from the poll that it had begun
    Thread.sleep(10_500);
    long k3 = c.newCreateInstanceCommand().bpmnProcessId("tour").latestVersion().variables(Map.of("a", 3)).send()
        .join().getProcessInstanceKey();
    step("modify", () -> c.newModifyProcessInstanceCommand(k3).activateElement("review").withVariables(Map.of("l",
        1), "review").and().terminateElement(
        c.newElementInstanceSearchRequest().filter(q -> q.processInstanceKey(k3).elementId("work")).send().join()
            .items().get(0).getElementInstanceKey()).send().join());
    long target = c.newDeployResourceCommand().addResourceFile(f + "tour2.bpmn").send().join().getProcesses().get(0)
        .getProcessDefinitionKey();
    step("migrate", () -> c.newMigrateProcessInstanceCommand(k3).migrationPlan(target)
        .addMappingInstruction("review", "review2").send().join());
    step("cancel", () -> c.newCancelInstanceCommand(k3).send().join());
    step("cancel again", () -> { try { c.newCancelInstanceCommand(k3).send().join(); } catch (Exception e) {
        return e.getClass().getSimpleName() + " " + e.getMessage().replace('\n', ' ');
        } throw new AssertionError("not refused"); });
    step("create at element", () -> c.newCreateInstanceCommand().bpmnProcessId("tour").latestVersion()
        .startBeforeElement("review").terminateAfterElement("review").send().join().getProcessInstanceKey());
    long ah = c.newCreateInstanceCommand().bpmnProcessId("free").latestVersion().send().join()
        .getProcessInstanceKey();
    step("ad-hoc", () -> { String e = String.valueOf(c.newElementInstanceSearchRequest().filter(q ->
        q.processInstanceKey(ah).elementId("ad")).send().join().items().get(0).getElementInstanceKey());
      return c.newActivateAdHocSubProcessActivitiesCommand(e).activateElement("a", Map.of("w", 1))
          .cancelRemainingInstances(false).send().join(); });
    step("task listener job", () -> { long l = c.newCreateInstanceCommand().bpmnProcessId("listens").latestVersion()
        .send().join().getProcessInstanceKey();
      long t = c.newUserTaskSearchRequest().filter(q -> q.processInstanceKey(l)).send().join().items().get(0)
          .getUserTaskKey();
      var fut = c.newCompleteUserTaskCommand(t).variable("x", 1).send();
      var j = c.newActivateJobsCommand().jobType("checks").maxJobsToActivate(1).requestTimeout(Duration.ofSeconds(5))
          .send().join().getJobs().get(0);
      c.newCompleteCommand(j).withResult(r -> r.forUserTask().deny(true).deniedReason("no")).send().join();
      String seen; try { fut.join(); seen = "completed"; } catch (ProblemException e) {
          seen = e.code() + " " + e.details().getDetail(); }
      var fut2 = c.newCompleteUserTaskCommand(t).send();
      j = c.newActivateJobsCommand().jobType("checks").maxJobsToActivate(1).requestTimeout(Duration.ofSeconds(5))
          .send().join().getJobs().get(0);
      c.newCompleteCommand(j).withResult(r -> r.forUserTask().correctPriority(3)).send().join(); fut2.join();
      return seen + " | " + j.getKind() + " " + j.getListenerEventType() + " " + j.getUserTask(); });
    // documents
    var doc = step("document", () -> c.newCreateDocumentCommand().content("hällo").fileName("a.txt")
        .contentType("text/plain").customMetadata("x", 1).timeToLive(Duration.ofHours(1)).processDefinitionId("tour")
        .processInstanceKey(key).send().join());
    check("document content", "hällo", () -> new String(c.newDocumentContentGetRequest(doc).send().join()
        .readAllBytes(), "UTF-8"));
    step("document metadata", () -> doc.getMetadata().getFileName() + doc.getMetadata().getSize() + doc.getMetadata()
        .getContentType() + doc.getMetadata().getCustomProperties() + doc.getMetadata()
        .getExpiresAt() + doc.getContentHash());
    step("document batch", () -> { var r = c.newCreateDocumentBatchCommand().addDocument().content("1")
        .fileName("1.txt").contentType("text/plain").done().addDocument().content("2".getBytes()).fileName("2.bin")
        .contentType("application/octet-stream").customMetadata("k", "v").done().send().join();
        if (r.getCreatedDocuments().size() != 2) throw new AssertionError(r); return r.isSuccessful(); });
    step("document link", () -> c.newCreateDocumentLinkCommand(doc).timeToLive(Duration.ofMinutes(5)).send().join()
        .getUrl());
    step("document delete", () -> c.newDeleteDocumentCommand(doc).send().join());
    step("document gone", () -> { try { c.newDocumentContentGetRequest(doc).send().join();
        } catch (ProblemException e) { return e.code(); } throw new AssertionError("still there"); });
    // searches: paging
    step("paging", () -> { List<Integer> pages = new ArrayList<>(); String[] cur = {null}; for (;;) {
        var r = c.newProcessInstanceSearchRequest().filter(q -> q.processDefinitionId("simple")).sort(s ->
        s.startDate().desc().processInstanceKey().asc()).page(p -> { p.limit(7); if (cur[0] != null) p.after(cur[0]);
        }).send().join(); if (r.items().isEmpty()) break; pages.add(r.items().size()); cur[0] = r.page().endCursor();
        } if (pages.stream().mapToInt(x -> x).sum() != 22) throw new AssertionError(pages); return pages; });
    step("paging back", () -> { var r = c.newProcessInstanceSearchRequest().filter(q ->
        q.processDefinitionId("simple")).page(p -> p.from(10).limit(5)).send().join();
        var b = c.newProcessInstanceSearchRequest().filter(q -> q.processDefinitionId("simple")).page(p ->
        p.before(r.page().startCursor()).limit(5)).send().join();
        if (b.items().size() != 5) throw new AssertionError(b.items().size()); return b.page().totalItems(); });
    step("instance filters", () -> { var r = c.newProcessInstanceSearchRequest().filter(q -> q.state(s ->
        s.in(ProcessInstanceState.ACTIVE, ProcessInstanceState.COMPLETED)).processDefinitionName(n -> n.like("To*"))
        .startDate(x -> x.gt(OffsetDateTime.now().minusDays(1)).lt(OffsetDateTime.now().plusDays(1)))
        .variables(Map.of("a", 2)).tenantId("<default>").processDefinitionVersion(n ->
        n.gte(1)).parentProcessInstanceKey(n -> n.exists(false))).send().join();
        if (r.items().size() != 1) throw new AssertionError(r.items().size()); return 1; });
    step("or filters", () -> c.newProcessInstanceSearchRequest().filter(q -> q.processDefinitionId("tour")
        .orFilters(List.of(x -> x.state(ProcessInstanceState.TERMINATED), x -> x.state(ProcessInstanceState.ACTIVE))))
        .send().join().page().totalItems());
    step("hash and element", () -> c.newProcessInstanceSearchRequest().filter(q -> q.elementId("review")
        .elementInstanceState(ElementInstanceState.COMPLETED).hasElementInstanceIncident(false).hasRetriesLeft(false))
        .send().join().page().totalItems());
    // batches
    List<Long> some = new ArrayList<>(); for (int n = 0; n < 4; n++) some.add(c.newCreateInstanceCommand()
        .bpmnProcessId("tour").version(1).send().join().getProcessInstanceKey());
    String batch = step("batch cancel", () -> c.newCreateBatchOperationCommand().processInstanceCancel().filter(q ->
        q.processInstanceKey(k -> k.in(some.subList(0, 2)))).send().join().getBatchOperationKey());
    step("batch done", () -> { for (int n = 0; n < 50; n++) { var b = c.newBatchOperationGetRequest(batch).send()
        .join();
        if (b.getStatus() == BatchOperationState.COMPLETED) return b.getType() + " " + b.getOperationsCompletedCount() + "/" + b.getOperationsTotalCount() + " " + b.getStartDate() + b.getEndDate(); Thread.sleep(100); } throw new AssertionError("not done"); });
    step("batches", () -> c.newBatchOperationSearchRequest().filter(q ->
        q.operationType(BatchOperationType.CANCEL_PROCESS_INSTANCE).state(BatchOperationState.COMPLETED)).sort(s ->
        s.startDate().desc()).send().join().items().size());
    step("batch items", () -> { var x = c.newBatchOperationItemsSearchRequest().filter(q ->
        q.batchOperationKey(batch)).sort(s -> s.itemKey().asc()).send().join().items();
        return x.size() + " " + x.get(0).getStatus() + " " + x.get(0).getProcessInstanceKey(); });
    step("batch migrate", () -> c.newCreateBatchOperationCommand().migrateProcessInstance()
        .migrationPlan(MigrationPlan.newBuilder().withTargetProcessDefinitionKey(target)
        .addMappingInstruction("work", "work2").build()).filter(q -> q.processInstanceKey(some.get(2))).send().join()
        .getBatchOperationKey());
    step("batch modify", () -> c.newCreateBatchOperationCommand().modifyProcessInstance().addMoveInstruction("work",
        "review").filter(q -> q.processInstanceKey(some.get(3))).send().join().getBatchOperationKey());
    step("batch resolve", () -> c.newCreateBatchOperationCommand().resolveIncident().filter(q -> q.hasIncident(true))
        .send().join().getBatchOperationKey());
    for (String kind : List.of("suspend", "resume", "cancel")) step("batch " + kind, () -> {
        String b = c.newCreateBatchOperationCommand().processInstanceCancel().filter(q ->
        q.processDefinitionId("nobody")).send().join().getBatchOperationKey();
      try { Object o = switch (kind) { case "suspend" -> c.newSuspendBatchOperationCommand(b).send().join();
          case "resume" -> c.newResumeBatchOperationCommand(b).send().join();
          default -> c.newCancelBatchOperationCommand(b).send().join(); }; return o; } catch (ProblemException e) {
          if (e.code() == 404 || e.code() == 409) return e.code() + " " + e.details().getDetail(); throw e; } });
    // resources
    step("delete resource", () -> { long p = c.newDeployResourceCommand()
        .addResourceStringUtf8(new String(java.nio.file.Files.readAllBytes(java.nio.file.Path.of(f + "simple.bpmn")))
        .replace("\"simple\"", "\"gone\""), "gone.bpmn").send().join().getProcesses().get(0)
        .getProcessDefinitionKey(); return c.newDeleteResourceCommand(p).send().join(); });
    step("pin clock", () -> c.newPinClockCommand().time(Instant.now().plusSeconds(5)).send().join());
    step("reset clock", () -> c.newResetClockCommand().send().join());
    // identity
    step("user", () -> c.newCreateUserCommand().username("jo").name("Jo").email("jo@x.org").password("secret1!")
        .send().join());
    step("user update", () -> c.newUpdateUserCommand("jo").name("Joe").email("j@x.org").send().join().getName());
    step("user get", () -> c.newUserGetRequest("jo").send().join().getEmail());
    step("users", () -> c.newUsersSearchRequest().filter(q -> q.username(n -> n.like("j*"))).sort(s ->
        s.username().asc()).send().join().items().size());
    step("group", () -> c.newCreateGroupCommand().groupId("g1").name("G").description("d").send().join());
    step("group update", () -> c.newUpdateGroupCommand("g1").name("GG").description("").send().join().getName());
    step("group get", () -> c.newGroupGetRequest("g1").send().join().getName());
    step("groups", () -> c.newGroupsSearchRequest().filter(q -> q.groupId("g1")).sort(s -> s.name().desc()).send()
        .join().items().size());
    step("role", () -> c.newCreateRoleCommand().roleId("r1").name("R").description("d").send().join());
    step("role update", () -> c.newUpdateRoleCommand("r1").name("RR").description("").send().join().getName());
    step("role get", () -> c.newRoleGetRequest("r1").send().join().getName());
    step("roles", () -> c.newRolesSearchRequest().filter(q -> q.roleId("r1")).sort(s -> s.name().desc()).send().join()
        .items().size());
    step("tenant", () -> c.newCreateTenantCommand().tenantId("t1").name("T").description("d").send().join());
    step("tenant update", () -> c.newUpdateTenantCommand("t1").name("TT").description("").send().join().getName());
    step("tenant get", () -> c.newTenantGetRequest("t1").send().join().getName());
    step("tenants", () -> c.newTenantsSearchRequest().filter(q -> q.tenantId("t1")).sort(s -> s.name().desc()).send()
        .join().items().size());
    step("rule", () -> c.newCreateMappingRuleCommand().mappingRuleId("m1").claimName("c").claimValue("v").name("M")
        .send().join().getMappingRuleId());
    step("rules", () -> c.newMappingRulesSearchRequest().filter(q -> q.mappingRuleId("m1")).sort(s -> s.claimName()
        .asc()).send().join().items().size());
    step("user to group", () -> c.newAssignUserToGroupCommand().username("jo").groupId("g1").send().join());
    step("client to group", () -> c.newAssignClientToGroupCommand().clientId("c1").groupId("g1").send().join());
    step("rule to group", () -> c.newAssignMappingRuleToGroupCommand().mappingRuleId("m1").groupId("g1").send()
        .join());
    step("role to group", () -> c.newAssignRoleToGroupCommand().roleId("r1").groupId("g1").send().join());
    step("role to user", () -> c.newAssignRoleToUserCommand().roleId("r1").username("jo").send().join());
    step("role to client", () -> c.newAssignRoleToClientCommand().roleId("r1").clientId("c1").send().join());
    step("role to rule", () -> c.newAssignRoleToMappingRuleCommand().roleId("r1").mappingRuleId("m1").send().join());
    step("role to tenant", () -> c.newAssignRoleToTenantCommand().roleId("r1").tenantId("t1").send().join());
    step("user to tenant", () -> c.newAssignUserToTenantCommand().username("jo").tenantId("t1").send().join());
    step("group to tenant", () -> c.newAssignGroupToTenantCommand().groupId("g1").tenantId("t1").send().join());
    step("client to tenant", () -> c.newAssignClientToTenantCommand().clientId("c1").tenantId("t1").send().join());
    step("rule to tenant", () -> c.newAssignMappingRuleToTenantCommand().mappingRuleId("m1").tenantId("t1").send()
        .join());
    check("users of group", 1, () -> c.newUsersByGroupSearchRequest("g1").sort(s -> s.username().asc()).send().join()
        .items().size());
    check("clients of group", 1, () -> c.newClientsByGroupSearchRequest("g1").sort(s -> s.clientId().asc()).send()
        .join().items().size());
    check("rules of group", 1, () -> c.newMappingRulesByGroupSearchRequest("g1").send().join().items().size());
    check("roles of group", 1, () -> c.newRolesByGroupSearchRequest("g1").send().join().items().size());
    check("users of role", 1, () -> c.newUsersByRoleSearchRequest("r1").send().join().items().size());
    check("clients of role", 1, () -> c.newClientsByRoleSearchRequest("r1").send().join().items().size());
    check("rules of role", 1, () -> c.newMappingRulesByRoleSearchRequest("r1").send().join().items().size());
    check("groups of role", 1, () -> c.newGroupsByRoleSearchRequest("r1").send().join().items().size());
    check("users of tenant", 1, () -> c.newUsersByTenantSearchRequest("t1").send().join().items().size());
    check("clients of tenant", 1, () -> c.newClientsByTenantSearchRequest("t1").send().join().items().size());
    check("groups of tenant", 1, () -> c.newGroupsByTenantSearchRequest("t1").send().join().items().size());
    check("roles of tenant", 1, () -> c.newRolesByTenantSearchRequest("t1").send().join().items().size());
    Long au = step("authorization", () -> c.newCreateAuthorizationCommand().ownerId("jo").ownerType(OwnerType.USER)
        .resourceId("tour").resourceType(ResourceType.PROCESS_DEFINITION)
        .permissionTypes(PermissionType.READ_PROCESS_INSTANCE).send().join().getAuthorizationKey());
    step("authorization update", () -> c.newUpdateAuthorizationCommand(au).ownerId("jo").ownerType(OwnerType.USER)
        .resourceId("*").resourceType(ResourceType.PROCESS_DEFINITION)
        .permissionTypes(PermissionType.CREATE_PROCESS_INSTANCE).send().join());
    step("authorization get", () -> c.newAuthorizationGetRequest(au).send().join().getPermissionTypes());
    step("authorizations", () -> c.newAuthorizationSearchRequest().filter(q -> q.ownerId("jo")
        .ownerType(OwnerType.USER)).sort(s -> s.ownerId().asc()).send().join().items().size());
    step("authorization delete", () -> c.newDeleteAuthorizationCommand(au).send().join());
    step("role from tenant", () -> c.newUnassignRoleFromTenantCommand().roleId("r1").tenantId("t1").send().join());
    step("user from tenant", () -> c.newUnassignUserFromTenantCommand().username("jo").tenantId("t1").send().join());
    step("group from tenant", () -> c.newUnassignGroupFromTenantCommand().groupId("g1").tenantId("t1").send().join());
    step("role from group", () -> c.newUnassignRoleFromGroupCommand().roleId("r1").groupId("g1").send().join());
    step("role from user", () -> c.newUnassignRoleFromUserCommand().roleId("r1").username("jo").send().join());
    step("role from client", () -> c.newUnassignRoleFromClientCommand().roleId("r1").clientId("c1").send().join());
    step("role from rule", () -> c.newUnassignRoleFromMappingRuleCommand().roleId("r1").mappingRuleId("m1").send()
        .join());
    step("user from group", () -> c.newUnassignUserFromGroupCommand().username("jo").groupId("g1").send().join());
    step("client from group", () -> c.newUnassignClientFromGroupCommand().clientId("c1").groupId("g1").send().join());
    step("rule from group", () -> c.newUnassignMappingRuleFromGroupCommand().mappingRuleId("m1").groupId("g1").send()
        .join());
    step("delete role", () -> c.newDeleteRoleCommand("r1").send().join());
    step("delete group", () -> c.newDeleteGroupCommand("g1").send().join());
    step("delete tenant", () -> c.newDeleteTenantCommand("t1").send().join());
    step("delete user", () -> c.newDeleteUserCommand("jo").send().join());
    Set<String> all = new TreeSet<>(); for (Method m : CamundaClient.class.getMethods()) if (m.getName()
        .startsWith("new") && !Modifier.isStatic(m.getModifiers())) all.add(m.getName());
    all.removeAll(called);
    all.removeAll(NOT_OFFERED);
    System.out.println(ok + " ok, " + bad + " failed; never called: " + all);
    c.close();
    System.exit(bad == 0 && all.isEmpty() ? 0 : 1);
  }
}
