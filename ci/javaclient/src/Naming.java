import com.alibaba.nacos.api.naming.NamingFactory;
import com.alibaba.nacos.api.naming.NamingService;
import com.alibaba.nacos.api.naming.listener.EventListener;
import com.alibaba.nacos.api.naming.listener.NamingEvent;
import com.alibaba.nacos.api.naming.pojo.Instance;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** What the official naming client does with a server, check by check. */
final class Naming {
  private static final long PATIENCE = 30; // seconds

  private final String group = "nacre-java-" + Long.toHexString(System.nanoTime());
  private final Properties properties;
  private final NamingService client;

  Naming(Properties properties) throws Exception {
    this.properties = properties;
    this.client = NamingFactory.createNamingService(properties);
  }

  void all(Suite suite) throws Exception {
    suite.check("a service without instances is empty", () -> Suite.same(client.getAllInstances("none", group).size(), 0));
    suite.check("register, change, select, deregister", this::ephemeral);
    suite.check("a batch", this::batch);
    suite.check("a persistent instance", this::persistent);
    suite.check("an instance ends with its client", this::shutDown);
    suite.check("the services of a group", this::services);
    client.shutDown();
  }

  private static String text(List<Instance> instances) {
    return instances.stream().map(i -> i.toInetAddr() + i.getMetadata() + i.getWeight()).sorted().collect(Collectors.joining(" "));
  }

  /** Hears what a subscription is told. */
  private static final class Ear implements EventListener {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @Override
    public void onEvent(com.alibaba.nacos.api.naming.listener.Event event) {
      heard.add(text(((NamingEvent) event).getInstances()));
    }

    void until(String want) throws InterruptedException {
      String last = null;
      for (String next; (next = heard.poll(PATIENCE, TimeUnit.SECONDS)) != null; last = next) {
        if (next.equals(want)) {
          return;
        }
      }
      throw new AssertionError("the subscriber was not told [" + want + "]; the last was [" + last + "]");
    }
  }

  private static Instance instance(int port, String version) {
    Instance i = new Instance();
    i.setIp("10.0.0.1");
    i.setPort(port);
    i.setMetadata(Map.of("v", version));
    return i;
  }

  private void ephemeral() throws Exception {
    Ear ear = new Ear();
    client.subscribe("s", group, ear);
    client.registerInstance("s", group, instance(80, "1"));
    ear.until("10.0.0.1:80{v=1}1.0");
    Instance changed = instance(80, "2");
    changed.setWeight(2.5);
    changed.setClusterName("c1");
    client.registerInstance("s", group, changed);
    ear.until("10.0.0.1:80{v=2}2.5");
    Instance got = client.selectOneHealthyInstance("s", group);
    Suite.same(got.getInstanceId(), "10.0.0.1#80#c1#" + group + "@@s");
    Suite.same(got.isEphemeral(), true);
    Suite.same(got.getServiceName(), group + "@@s");
    Suite.same(text(client.getAllInstances("s", group, false)), "10.0.0.1:80{v=2}2.5");
    Suite.same(text(client.selectInstances("s", group, List.of("c1"), true, false)), "10.0.0.1:80{v=2}2.5");
    Suite.same(text(client.selectInstances("s", group, List.of("c2"), true, false)), "");
    client.deregisterInstance("s", group, changed);
    ear.until("");
    client.unsubscribe("s", group, ear);
  }

  private void batch() throws Exception {
    Ear ear = new Ear();
    client.subscribe("b", group, ear);
    client.batchRegisterInstance("b", group, List.of(instance(80, "1"), instance(81, "1")));
    ear.until("10.0.0.1:80{v=1}1.0 10.0.0.1:81{v=1}1.0");
    client.batchDeregisterInstance("b", group, List.of(instance(80, "1")));
    ear.until("10.0.0.1:81{v=1}1.0");
    client.unsubscribe("b", group, ear);
  }

  private void persistent() throws Exception {
    String[] addr = System.getenv("NACRE_NACOS_ADDR").split(":"); // a real server checks that something listens there
    Instance i = instance(Integer.parseInt(addr[1]), "1");
    i.setIp(addr[0]);
    i.setEphemeral(false);
    Ear ear = new Ear();
    client.subscribe("p", group, ear);
    client.registerInstance("p", group, i);
    ear.until(i.toInetAddr() + "{v=1}1.0");
    Suite.same(client.getAllInstances("p", group, false).get(0).isEphemeral(), false);
    client.deregisterInstance("p", group, i);
    ear.until("");
    client.unsubscribe("p", group, ear);
  }

  private void shutDown() throws Exception {
    Ear ear = new Ear();
    client.subscribe("d", group, ear);
    NamingService other = NamingFactory.createNamingService(properties);
    other.registerInstance("d", group, instance(80, "1"));
    ear.until("10.0.0.1:80{v=1}1.0");
    other.shutDown();
    ear.until("");
    client.unsubscribe("d", group, ear);
  }

  private void services() throws Exception {
    List<String> names = client.getServicesOfServer(1, 100, group).getData();
    Suite.same(names.stream().sorted().collect(Collectors.joining(" ")), "b d p s");
  }
}
