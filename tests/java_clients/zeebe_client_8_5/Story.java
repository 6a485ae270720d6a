import io.camunda.zeebe.client.ZeebeClient;
import io.camunda.zeebe.client.api.command.*;
import io.camunda.zeebe.client.api.response.*;
import java.lang.reflect.*;
import java.net.URI;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;

/** Every command of the client at least once: gRPC address, REST address, prefer REST, folder with resources. */
public class Story {
  static final Set<String> called = new TreeSet<>();
  static int ok, bad;
  interface Work<T> { T run() throws Exception; }

  static ZeebeClient recording(ZeebeClient c) {
    return (ZeebeClient) Proxy.newProxyInstance(Story.class.getClassLoader(), new Class[] {ZeebeClient.class}, (p, m,
        a) -> {
      if (m.getName().startsWith("new")) called.add(m.getName());
      try { return m.invoke(c, a); } catch (InvocationTargetException e) { throw e.getCause(); }
    });
  }

  static <T> T step(String name, Work<T> w) {
    try { T r = w.run(); ok++;
        System.out.println("ok    " + name + " " + (r instanceof Number || r instanceof String ? r : "")); return r; }
    catch (Throwable e) { bad++; System.out.println("FAIL  " + name + " " + e.getClass()
        .getSimpleName() + ": " + String.valueOf(e.getMessage()).replace('\n', ' ')); return null; }
  }

  static void check(String name, Object expected, Work<?> w) {
    step(name, () -> { Object r = w.run();
        if (!expected.equals(r)) throw new AssertionError("expected " + expected + " got " + r); return r; });
  }

  static String refused(Work<?> w) throws Exception {
    try { w.run(); } catch (RuntimeException e) { return e.getMessage().replace('\n', ' '); }
    throw new AssertionError("was not refused");
  }

  static ActivatedJob next(ZeebeClient c, String type) {
    return c.newActivateJobsCommand().jobType(type).maxJobsToActivate(1).timeout(Duration.ofMinutes(1))
        .requestTimeout(Duration.ofSeconds(5)).send().join().getJobs().get(0);
  }

  public static void main(String[] a) throws Exception {
    ZeebeClient c = recording(ZeebeClient.newClientBuilder().grpcAddress(URI.create(a[0]))
        .restAddress(URI.create(a[1])).preferRestOverGrpc(Boolean.parseBoolean(a[2])).usePlaintext()
        .defaultRequestTimeout(Duration.ofSeconds(10)).build());
    Path f = Path.of(a[3]);
    check("topology", 1, () -> c.newTopologyRequest().send().join().getPartitionsCount());
    DeploymentEvent d = step("deploy", () -> c.newDeployResourceCommand().addResourceFile(f + "/tour.bpmn")
        .addResourceFile(f + "/simple.bpmn").addResourceFile(f + "/prices.dmn").addResourceFile(f + "/review.form")
        .send().join());
    check("deployed", "2 1 1 1", () -> d.getProcesses().size() + " " + d.getDecisions()
        .size() + " " + d.getDecisionRequirements().size() + " " + d.getForm().size());
    step("deploy process", () -> c.newDeployCommand().addResourceFile(f + "/simple.bpmn").send().join().getProcesses()
        .get(0).getVersion());
    long key = step("create", () -> c.newCreateInstanceCommand().bpmnProcessId("tour").latestVersion()
        .variables(Map.of("a", 1)).send().join().getProcessInstanceKey());
    check("create with result", "{b=2, x=1}", () -> {
      var r = c.newCreateInstanceCommand().bpmnProcessId("simple").latestVersion().variables(Map.of("x", 1))
          .withResult().requestTimeout(Duration.ofSeconds(10)).send().toCompletableFuture();
      c.newCompleteCommand(next(c, "simple")).variables(Map.of("b", 2)).send().join();
      return new TreeMap<>(r.get(10, TimeUnit.SECONDS).getVariablesAsMap()).toString();
    });
    ActivatedJob j = step("activate", () -> next(c, "work"));
    step("retries", () -> c.newUpdateRetriesCommand(j).retries(5).send().join());
    step("timeout", () -> c.newUpdateTimeoutCommand(j).timeout(Duration.ofMinutes(2)).send().join());
    step("set variables", () -> c.newSetVariablesCommand(key).variables(Map.of("z", 1)).local(false).send().join());
    step("fail", () -> c.newFailCommand(j).retries(1).retryBackoff(Duration.ofMillis(100)).errorMessage("m")
        .variables(Map.of("v", 1)).send().join());
    step("throw", () -> c.newThrowErrorCommand(next(c, "work")).errorCode("E").errorMessage("m").send().join());
    check("resolve unknown", true, () -> refused(() -> c.newResolveIncidentCommand(key).send().join())
        .contains("NOT_FOUND"));
    long k2 = c.newCreateInstanceCommand().processDefinitionKey(d.getProcesses().get(0).getProcessDefinitionKey())
        .send().join().getProcessInstanceKey();
    step("worker", () -> {
      BlockingQueue<Long> q = new LinkedBlockingQueue<>();
      try (var w = c.newWorker().jobType("work").handler((jc, job) -> { jc.newCompleteCommand(job).send().join();
          q.add(job.getProcessInstanceKey()); }).timeout(10_000).pollInterval(Duration.ofMillis(100))
          .requestTimeout(Duration.ofSeconds(1)).open()) {
        return Objects.requireNonNull(q.poll(8, TimeUnit.SECONDS));
      }
    });
    step("stream", () -> {
      BlockingQueue<Long> q = new LinkedBlockingQueue<>();
      var s = c.newStreamJobsCommand().jobType("simple").consumer(job -> q.add(job.getKey()))
          .timeout(Duration.ofMinutes(1)).send();
      Thread.sleep(300);
      c.newCreateInstanceCommand().bpmnProcessId("simple").latestVersion().send().join();
      Long got = q.poll(5, TimeUnit.SECONDS);
      s.cancel(true);
      return c.newCompleteCommand(Objects.requireNonNull(got)).send().join();
    });
    long task = Long.parseLong(java.net.http.HttpClient.newHttpClient()
        .send(java.net.http.HttpRequest.newBuilder(URI.create(a[1] + "/v2/user-tasks/search")).header("Content-Type",
        "application/json")
        .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{\"filter\":{\"processInstanceKey\":\"" + k2 + "\"}}")).build(), java.net.http.HttpResponse.BodyHandlers.ofString()).body().replaceAll("(?s).*?\"userTaskKey\":\"(\\d+)\".*", "$1"));
    step("assign", () -> c.newUserTaskAssignCommand(task).assignee("ann").action("claim").send().join());
    check("assign again", true, () -> refused(() -> c.newUserTaskAssignCommand(task).assignee("bob")
        .allowOverride(false).send().join()).contains("409"));
    step("update", () -> c.newUserTaskUpdateCommand(task).candidateGroups("g").candidateUsers("u")
        .dueDate("2030-01-01T00:00:00Z").send().join());
    check("update nothing", true, () -> refused(() -> c.newUserTaskUpdateCommand(task).send().join())
        .contains("400"));
    step("unassign", () -> c.newUserTaskUnassignCommand(task).send().join());
    step("complete task", () -> c.newUserTaskCompleteCommand(task).action("ok").variables(Map.of("done", true)).send()
        .join());
    check("complete again", true, () -> refused(() -> c.newUserTaskCompleteCommand(task).send().join())
        .contains("404"));
    check("decision", "9", () -> c.newEvaluateDecisionCommand().decisionId("price").variables(Map.of("size", 12))
        .send().join().getDecisionOutput());
    step("publish", () -> c.newPublishMessageCommand().messageName("done").correlationKey("1").messageId("i")
        .timeToLive(Duration.ofMinutes(1)).send().join().getMessageKey());
    step("signal", () -> c.newBroadcastSignalCommand().signalName("s").variables(Map.of("x", 1)).send().join()
        .getKey());
    long k3 = c.newCreateInstanceCommand().bpmnProcessId("tour").latestVersion().startBeforeElement("review").send()
        .join().getProcessInstanceKey();
    long target = c.newDeployResourceCommand().addResourceFile(f + "/tour2.bpmn").send().join().getProcesses().get(0)
        .getProcessDefinitionKey();
    step("modify", () -> c.newModifyProcessInstanceCommand(k3).activateElement("review").withVariables(Map.of("l",
        1), "review").send().join());
    step("migrate", () -> c.newMigrateProcessInstanceCommand(k3).migrationPlan(target)
        .addMappingInstruction("review", "review2").send().join());
    step("cancel", () -> c.newCancelInstanceCommand(k3).send().join());
    check("cancel again", true, () -> refused(() -> c.newCancelInstanceCommand(k3).send().join())
        .contains("NOT_FOUND"));
    step("delete", () -> c.newDeleteResourceCommand(target).send().join());
    Set<String> all = new TreeSet<>();
    for (Method m : ZeebeClient.class.getMethods()) if (m.getName()
        .startsWith("new") && !Modifier.isStatic(m.getModifiers())) all.add(m.getName());
    all.removeAll(called);
    System.out.println(ok + " ok, " + bad + " failed; never called: " + all);
    System.exit(bad == 0 && all.isEmpty() ? 0 : 1);
  }
}
