package drover.chaos;

import drover.digest.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is left in the world once all hosts have ended: results, processes, ports, records of processes. */
final class Traces {
    private Traces() {}

    /** Whether the store has every result that was delivered, whole, and nothing that is no job's. */
    static List<Finding> results(LedgerCopy ledger, Path store) throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (LedgerCopy.Row job : ledger.jobs()) {
            if (!job.state().equals("DELIVERED")) {
                continue;
            }
            if (job.assets().isEmpty()) {
                findings.add(new Finding(Finding.Kind.LOST, "job " + job.id() + " was delivered without a result"));
            }
            for (LedgerCopy.Asset asset : job.assets()) {
                Path file = store.resolve(asset.key());
                if (!Files.isRegularFile(file)) {
                    findings.add(new Finding(
                            Finding.Kind.LOST, "result " + asset.key() + " was delivered, and is not there"));
                } else if (!digest(file).equals(asset.sha256())) {
                    findings.add(
                            new Finding(Finding.Kind.LOST, "result " + asset.key() + " was delivered, and is damaged"));
                }
            }
        }
        Set<String> known = ledger.jobs().stream().map(LedgerCopy.Row::id).collect(Collectors.toSet());
        try (Stream<Path> folders = Files.list(store)) {
            folders.map(folder -> String.valueOf(folder.getFileName()))
                    .filter(name -> !known.contains(name))
                    .forEach(name -> findings.add(
                            new Finding(Finding.Kind.ORPHANED, "among the results, " + name + " is no job's")));
        }
        return findings;
    }

    /** What a host that has ended in good order has left. */
    static List<Finding> leftBy(Host host) throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (ProcessHandle process : host.processes()) {
            findings.add(new Finding(
                    Finding.Kind.ORPHANED,
                    "process " + process.pid() + " of " + host.name() + " runs on: "
                            + process.info().command().orElse("?")));
        }
        for (int port : host.openPorts()) {
            findings.add(new Finding(
                    Finding.Kind.ORPHANED, "somebody still listens on port " + port + " of " + host.name()));
        }
        Path records = host.dataDir().resolve("children");
        if (Files.isDirectory(records)) {
            try (Stream<Path> files = Files.list(records)) {
                files.forEach(file -> findings.add(new Finding(
                        Finding.Kind.ORPHANED,
                        host.name() + " still has a record of a process, " + file.getFileName())));
            }
        }
        return findings;
    }

    private static String digest(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return Sha256.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
