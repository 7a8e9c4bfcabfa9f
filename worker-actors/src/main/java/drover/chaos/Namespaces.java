package drover.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Each host in a Linux network namespace of its own, tied to one bridge by a pair of virtual cables. Needs root and
 * iproute2. The namespaces carry the process id of who made them, so that a later run can remove what a killed one has
 * left behind: see {@link #removeRemains}.
 */
public final class Namespaces implements Network {
    private static final Logger log = LoggerFactory.getLogger(Namespaces.class);
    private static final String BRIDGE_EXISTS = "File exists";
    /** Networks that one machine can have at a time. 198.18.0.0/15 is set aside for tests of networks (RFC 2544). */
    private static final int MAX_NETWORKS = 200;

    private static final int MAX_HOSTS = 200;
    private static final int FIRST_ADDRESS = 10;
    /** The maker's process id, the network, the host. */
    private static final Pattern NAME = Pattern.compile("drover-(\\d+)-(\\d+)-(\\d+)");

    private final long owner;
    private final int network;
    private final int hosts;
    /** Only what this object has made is its to remove: the same process may have another network of the same number. */
    private final List<Integer> made = new ArrayList<>();

    private boolean hasBridge;

    private Namespaces(long owner, int network, int hosts) {
        this.owner = owner;
        this.network = network;
        this.hosts = hosts;
    }

    /** Why there can be none on this machine; empty if there can. */
    public static Optional<String> obstacle() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return Optional.of("network namespaces are a thing of Linux");
        }
        if (!System.getProperty("user.name").equals("root")) {
            return Optional.of("network namespaces need root");
        }
        if (!Tool.exists("ip")) {
            return Optional.of("there is no `ip` on the path (on Debian: apt install iproute2)");
        }
        try (Namespaces trial = create(1)) {
            trial.cut(0);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("network namespaces are refused: " + e.getMessage());
        }
    }

    /**
     * Makes one.
     *
     * @param hosts 1 to 200
     */
    public static Namespaces create(int hosts) throws IOException {
        return create(hosts, ProcessHandle.current().pid());
    }

    static Namespaces create(int hosts, long owner) throws IOException {
        if (hosts < 1 || hosts > MAX_HOSTS) {
            throw new IllegalArgumentException("hosts must be 1 to " + MAX_HOSTS + ", but was " + hosts);
        }
        for (int network = 0; network < MAX_NETWORKS; network++) {
            Namespaces made = new Namespaces(owner, network, hosts);
            if (made.isSetUp()) {
                return made;
            }
        }
        throw new IOException(
                MAX_NETWORKS + " networks are there already; `ip link` shows their bridges, drv0b and on");
    }

    /** False if another run has this network already. */
    private boolean isSetUp() throws IOException {
        boolean done = false;
        try {
            // Before the bridge, because only their names say whose all of it is.
            for (int host = 0; host < hosts; host++) {
                Tool.run("ip", "netns", "add", namespace(host));
                made.add(host);
            }
            Tool.run("ip", "link", "add", bridge(network), "type", "bridge");
            hasBridge = true;
            done = true;
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains(BRIDGE_EXISTS)) {
                return false;
            }
            throw e;
        } finally {
            if (!done) {
                removeNamespaces();
            }
        }
        done = false;
        try {
            Tool.run("ip", "addr", "add", gateway() + "/24", "dev", bridge(network));
            Tool.run("ip", "link", "set", bridge(network), "up");
            for (int host = 0; host < hosts; host++) {
                plugIn(host);
            }
            done = true;
            return true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private void plugIn(int host) throws IOException {
        String inside = namespace(host);
        Tool.run("ip", "link", "add", cable(host), "type", "veth", "peer", "name", "eth0", "netns", inside);
        Tool.run("ip", "link", "set", cable(host), "master", bridge(network), "up");
        Tool.run("ip", "-n", inside, "addr", "add", address(host) + "/24", "dev", "eth0");
        Tool.run("ip", "-n", inside, "link", "set", "lo", "up");
        Tool.run("ip", "-n", inside, "link", "set", "eth0", "up");
    }

    @Override
    public String gateway() {
        return "198.18." + network + ".1";
    }

    @Override
    public String address(int host) {
        return "198.18." + network + "." + (FIRST_ADDRESS + host);
    }

    @Override
    public List<String> on(int host, List<String> command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace(host)));
        all.addAll(command);
        return all;
    }

    @Override
    public boolean hasLinks() {
        return true;
    }

    @Override
    public void cut(int host) throws IOException {
        Tool.run("ip", "link", "set", cable(host), "down");
    }

    @Override
    public void mend(int host) throws IOException {
        Tool.run("ip", "link", "set", cable(host), "up");
    }

    @Override
    public void close() throws IOException {
        try {
            Tool.run("ip", "link", "del", bridge(network));
        } finally {
            removeNamespaces();
        }
    }

    private void removeNamespaces() throws IOException {
        for (int host : made) {
            if (hasBridge) {
                // A namespace that only a dying process holds would keep the cable for a moment.
                unplug(network, host);
            }
            Tool.run("ip", "netns", "del", namespace(host));
        }
        made.clear();
    }

    /** Whether {@link #removeRemains} can be called, and may find something. */
    static boolean mayHaveRemains() {
        return System.getProperty("user.name").equals("root") && Tool.exists("ip");
    }

    /**
     * Removes the networks of processes that are no more, and ends what still runs in their namespaces.
     *
     * @return the namespaces removed
     */
    public static List<String> removeRemains() throws IOException {
        List<Matcher> all = Tool.run("ip", "netns", "list")
                .lines()
                .map(line -> NAME.matcher(line.strip().split(" ", 2)[0]))
                .filter(Matcher::matches)
                .toList();
        Set<String> networksInUse = all.stream()
                .filter(Namespaces::isOfTheLiving)
                .map(name -> name.group(2))
                .collect(Collectors.toSet());
        List<String> removed = new ArrayList<>();
        for (Matcher name : all) {
            if (isOfTheLiving(name)) {
                continue;
            }
            for (String pid :
                    Tool.run("ip", "netns", "pids", name.group()).lines().toList()) {
                ProcessHandle.of(Long.parseLong(pid.strip())).ifPresent(ProcessHandle::destroyForcibly);
            }
            int network = Integer.parseInt(name.group(2));
            if (!networksInUse.contains(name.group(2))) {
                unplug(network, Integer.parseInt(name.group(3)));
                if (isThere(bridge(network))) {
                    Tool.run("ip", "link", "del", bridge(network));
                }
            }
            Tool.run("ip", "netns", "del", name.group());
            removed.add(name.group());
        }
        return removed;
    }

    private static boolean isOfTheLiving(Matcher name) {
        return ProcessHandle.of(Long.parseLong(name.group(1)))
                .filter(ProcessHandle::isAlive)
                .isPresent();
    }

    private static void unplug(int network, int host) {
        String cable = cable(network, host);
        if (isThere(cable)) {
            try {
                Tool.run("ip", "link", "del", cable);
            } catch (IOException e) {
                log.debug("{} has gone by itself", cable, e);
            }
        }
    }

    private static boolean isThere(String link) {
        return Files.exists(Path.of("/sys/class/net", link));
    }

    private String namespace(int host) {
        return "drover-" + owner + "-" + network + "-" + host;
    }

    private static String bridge(int network) {
        return "drv" + network + "b";
    }

    private String cable(int host) {
        return cable(network, host);
    }

    private static String cable(int network, int host) {
        return "drv" + network + "h" + host;
    }
}
