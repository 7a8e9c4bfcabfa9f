package drover.cli;

import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * A command that changes something of a running Drover.
 *
 * @param <V> the answer
 */
abstract class ChangeCommand<V> extends RemoteCommand<V> {
    @Option(names = "--reason", paramLabel = "TEXT", description = "Why; kept in the audit log.")
    private Optional<String> reason = Optional.empty();

    ChangeCommand(Cli cli) {
        super(cli);
    }

    final Optional<String> reason() {
        return reason;
    }

    /**
     * For what nobody should do without saying why.
     *
     * @param what such as {@code a quarantine}
     */
    final void requireReason(String what) {
        if (reason.isEmpty()) {
            throw CommandFailure.usage(what + " needs a reason: --reason TEXT");
        }
    }
}
