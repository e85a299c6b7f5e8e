import com.alibaba.nacos.api.NacosFactory;
import com.alibaba.nacos.api.config.ConfigService;
import com.alibaba.nacos.api.config.listener.Listener;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What the official client does with a server, check by check. The server is nacostest, or a real one. */
public final class Suite {
  private static final String GROUP = "DEFAULT_GROUP";
  private static final long PATIENCE = 30; // seconds

  private final String run = "nacre-java-" + Long.toHexString(System.nanoTime());
  private final ConfigService client;
  private final List<String> failed = new ArrayList<>();
  private int passed;

  interface Check {
    void run() throws Exception;
  }

  /** Hears what a listener is told. */
  private static final class Ear implements Listener {
    final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @Override
    public Executor getExecutor() {
      return null;
    }

    @Override
    public void receiveConfigInfo(String content) {
      heard.add(content == null ? "" : content);
    }

    /** Waits until this content was told, whatever comes before. */
    void until(String content) throws InterruptedException {
      String last = "nothing";
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE);
      while (true) {
        String next = heard.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        if (next == null) {
          throw new AssertionError("the listener was not told " + brief(content) + "; the last was " + brief(last));
        }
        if (next.equals(content)) {
          return;
        }
        last = next;
      }
    }
  }

  private Suite(ConfigService client) {
    this.client = client;
  }

  private static String brief(String s) {
    return s == null ? "null" : s.length() < 80 ? '"' + s + '"' : s.length() + " characters";
  }

  static void same(Object got, Object want) {
    if (!Objects.equals(got, want)) {
      throw new AssertionError("got " + brief(String.valueOf(got)) + ", want " + brief(String.valueOf(want)));
    }
  }

  private static String md5(String s) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(s.getBytes(StandardCharsets.UTF_8)));
  }

  void check(String name, Check check) {
    try {
      check.run();
      passed++;
      System.out.println("ok     " + name);
    } catch (Throwable t) {
      failed.add(name);
      System.out.println("FAILED " + name + ": " + t);
    }
  }

  private String id(String name) {
    return run + "-" + name;
  }

  /** A read sees a publish a little later: it is tried until it does. */
  private void reads(String id, String group, String want) throws Exception {
    String got = null;
    for (int i = 0; i < 100; i++) {
      got = client.getConfig(id, group, 5000);
      if (Objects.equals(got, want)) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
    same(got, want);
  }

  private void roundTrip(String name, String group, String type, String content) throws Exception {
    String id = id(name);
    same(client.publishConfig(id, group, content, type), true);
    reads(id, group, content);
    same(client.removeConfig(id, group), true);
    reads(id, group, null);
  }

  private void all() {
    check("a config that is missing is null", () -> same(client.getConfig(id("missing"), GROUP, 5000), null));
    check("publish, get, remove", () -> roundTrip("plain.yaml", GROUP, "yaml", "v: 1"));
    check("another group", () -> roundTrip("group.json", "G-2", "json", "{\"v\": 1}"));
    check("text beyond ASCII", () -> roundTrip("text", GROUP, "text", "ü 漢字 \uD83D\uDE00 \u2028 \t\r\n <&> \"\\"));
    check("100 KB", () -> roundTrip("large", GROUP, "text", "0123456789".repeat(10_000)));
    check("5 MB", () -> roundTrip("huge", GROUP, "text", "0123456789".repeat(500_000)));
    check("compare-and-set", this::compareAndSet);
    check("a listener hears each last change, a removal, and nothing after it was taken back", this::listen);
    check("two listeners of one key hear both", this::twoListeners);
    check("get and listen in one", this::getAndListen);
    check("a hundred configs changed together", this::burst);
  }

  private void compareAndSet() throws Exception {
    String id = id("cas");
    same(client.publishConfig(id, GROUP, "one"), true);
    reads(id, GROUP, "one");
    same(client.publishConfigCas(id, GROUP, "two", md5("one")), true);
    reads(id, GROUP, "two");
    same(client.publishConfigCas(id, GROUP, "three", md5("one")), false);
    same(client.getConfig(id, GROUP, 5000), "two");
    same(client.removeConfig(id, GROUP), true);
  }

  private void listen() throws Exception {
    String id = id("listen");
    Ear ear = new Ear();
    client.addListener(id, GROUP, ear);
    for (int v = 1; v <= 5; v++) {
      same(client.publishConfig(id, GROUP, "v: " + v), true);
      ear.until("v: " + v);
    }
    same(client.removeConfig(id, GROUP), true);
    ear.until("");
    client.removeListener(id, GROUP, ear);
    same(client.publishConfig(id, GROUP, "late"), true);
    reads(id, GROUP, "late");
    same(ear.heard.poll(1, TimeUnit.SECONDS), null);
    same(client.removeConfig(id, GROUP), true);
  }

  private void twoListeners() throws Exception {
    String id = id("two");
    Ear a = new Ear();
    Ear b = new Ear();
    client.addListener(id, GROUP, a);
    client.addListener(id, GROUP, b);
    same(client.publishConfig(id, GROUP, "both"), true);
    a.until("both");
    b.until("both");
    client.removeListener(id, GROUP, a);
    client.removeListener(id, GROUP, b);
    same(client.removeConfig(id, GROUP), true);
  }

  private void getAndListen() throws Exception {
    String id = id("sign");
    same(client.publishConfig(id, GROUP, "one"), true);
    reads(id, GROUP, "one");
    Ear ear = new Ear();
    same(client.getConfigAndSignListener(id, GROUP, 5000, ear), "one");
    same(client.publishConfig(id, GROUP, "two"), true);
    ear.until("two");
    client.removeListener(id, GROUP, ear);
    same(client.removeConfig(id, GROUP), true);
  }

  private void burst() throws Exception {
    List<Ear> ears = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Ear ear = new Ear();
      ears.add(ear);
      client.addListener(id("burst-" + i), GROUP, ear);
    }
    for (int v = 1; v <= 3; v++) {
      for (int i = 0; i < 100; i++) {
        same(client.publishConfig(id("burst-" + i), GROUP, "v: " + v), true);
      }
      for (Ear ear : ears) {
        ear.until("v: " + v);
      }
    }
    for (int i = 0; i < 100; i++) {
      client.removeListener(id("burst-" + i), GROUP, ears.get(i));
      same(client.removeConfig(id("burst-" + i), GROUP), true);
    }
  }

  private static Properties properties(String namespace) {
    Properties p = new Properties();
    p.put("serverAddr", System.getenv("NACRE_NACOS_ADDR"));
    if (!namespace.isEmpty()) {
      p.put("namespace", namespace);
    }
    String user = System.getenv("NACRE_NACOS_USERNAME");
    if (user != null && !user.isEmpty()) {
      p.put("username", user);
      p.put("password", System.getenv("NACRE_NACOS_PASSWORD"));
    }
    return p;
  }

  public static void main(String[] args) throws Exception {
    int failures = 0;
    int checks = 0;
    for (String namespace : new String[] {"", "nacre-java"}) {
      System.out.println("in the namespace \"" + namespace + "\"");
      ConfigService client = NacosFactory.createConfigService(properties(namespace));
      Suite suite = new Suite(client);
      suite.all();
      client.shutDown();
      new Naming(properties(namespace)).all(suite);
      failures += suite.failed.size();
      checks += suite.passed + suite.failed.size();
    }
    System.out.println((checks - failures) + " of " + checks + " checks passed");
    System.exit(failures == 0 && checks > 0 ? 0 : 1); // the client leaves threads behind
  }
}
