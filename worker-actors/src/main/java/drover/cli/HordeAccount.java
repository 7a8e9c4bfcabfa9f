package drover.cli;

import drover.config.DroverConfig;
import drover.horde.ApiKey;
import drover.setting.Secret;
import drover.source.bridge.BridgeData;
import drover.source.bridge.BridgeProblem.Severity;
import drover.source.bridge.BridgeReader;
import drover.source.bridge.BridgeReading;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * At which Horde, and as whom.
 *
 * @param url as it stands in a {@code bridgeData.yaml}
 * @param key the account's
 * @param worker the name in the same file, if it has one of its own
 */
record HordeAccount(String url, Secret key, Optional<String> worker) {
    /** Nobody, at the public Horde. */
    static final HordeAccount ANONYMOUS =
            new HordeAccount(drover.horde.HordeSettings.PUBLIC_HORDE, Secret.of("0000000000"), Optional.empty());

    /**
     * Those of the files.
     *
     * @param files instead of those that are configured, if there are any
     */
    static List<HordeAccount> all(Cli cli, DroverConfig config, List<Path> files) {
        List<HordeAccount> accounts = new ArrayList<>();
        for (Path file : files.isEmpty() ? config.horde().bridgeData() : files) {
            if (files.isEmpty() && Files.notExists(file)) {
                continue;
            }
            accounts.add(of(cli, file));
        }
        return accounts;
    }

    /**
     * Those of the files, of which there has to be one.
     *
     * @param files instead of those that are configured, if there are any
     */
    static List<HordeAccount> required(Cli cli, DroverConfig config, List<Path> files) {
        List<HordeAccount> accounts = all(cli, config, files);
        if (accounts.isEmpty()) {
            throw CommandFailure.usage("there is no bridgeData.yaml, and so no account; name one with --bridge-data");
        }
        return accounts;
    }

    private static HordeAccount of(Cli cli, Path file) {
        BridgeReading reading = new BridgeReader(cli.environment()).read(file);
        BridgeData data = reading.data()
                .orElseThrow(() -> CommandFailure.usage(file + " cannot be used: "
                        + reading.problems(Severity.ERROR).getFirst() + "; see drover horde check"));
        return new HordeAccount(
                data.hordeUrl().toString(),
                data.apiKey().isSet() ? data.apiKey() : ANONYMOUS.key(),
                data.hasName() ? Optional.of(data.workerName()) : Optional.empty());
    }

    /** Whether it is nobody's. */
    boolean anonymous() {
        return new ApiKey(key.reveal()).anonymous();
    }
}
