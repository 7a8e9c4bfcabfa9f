package drover.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.management.ManagementSettings;
import java.io.PrintStream;
import java.net.URI;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A command that talks to a running Drover: it asks or tells it something and prints the answer, as text or as JSON.
 *
 * @param <V> the answer
 */
abstract class RemoteCommand<V> implements Callable<Integer> {
    private final Cli cli;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    RemoteCommand(Cli cli) {
        this.cli = cli;
    }

    /** Looks at the options before anything is asked; throws {@link CommandFailure#usage} if they make no sense. */
    void check() {}

    /** Asks. */
    abstract V ask(ManagementClient client) throws ManagementException;

    /** Prints the answer for a person. */
    abstract void print(V answer, PrintStream out);

    /** What {@code --json} prints of the answer. */
    Object asJson(V answer) {
        return answer;
    }

    @Override
    public final Integer call() {
        common.applyVerbosity();
        check();
        V answer = answer();
        if (json) {
            printJson(cli, asJson(answer));
        } else {
            print(answer, cli.out());
        }
        return Cli.DONE;
    }

    /** What goes wrong becomes a sentence. */
    private V answer() {
        ManagementSettings management = cli.config(common.config()).management();
        String host = management.host().contains(":") ? "[" + management.host() + "]" : management.host();
        URI base = URI.create("http://" + host + ":" + management.port());
        try (ManagementClient client = new ManagementClient(
                base, management.token(), why -> cli.err().println("warning: this is not in the audit log: " + why))) {
            return ask(client);
        } catch (ManagementException e) {
            throw switch (e) {
                case ManagementException.Unreachable it ->
                    CommandFailure.failed(
                            "no Drover is running here: " + it.getMessage() + "; start one with drover up", it);
                case ManagementException.Rejected it -> CommandFailure.failed(String.valueOf(it.getMessage()), it);
                case ManagementException.Unintelligible it ->
                    CommandFailure.failed(String.valueOf(it.getMessage()), it);
            };
        }
    }

    /** Refuses a {@code --limit} that is out of range. */
    static void checkLimit(int limit, int most) {
        if (limit < 1 || limit > most) {
            throw CommandFailure.usage("--limit must be 1 to " + most + ", but was " + limit);
        }
    }

    /** Prints a record as JSON, for scripts. */
    static void printJson(Cli cli, Object view) {
        try {
            cli.out()
                    .println(ManagementClient.json()
                            .enable(SerializationFeature.INDENT_OUTPUT)
                            .writeValueAsString(view));
        } catch (JsonProcessingException e) {
            throw CommandFailure.failed("the answer could not be printed as JSON", e);
        }
    }
}
