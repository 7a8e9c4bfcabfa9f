package drover.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.management.ManagementSettings;
import java.net.URI;

/** The Drover that runs by this configuration, as commands talk to it. */
final class Remote {
    private Remote() {}

    /** A question to a running Drover. */
    interface Question<T> {
        T ask(ManagementClient client) throws ManagementException;
    }

    /** Asks; what goes wrong becomes a sentence. */
    static <T> T ask(Cli cli, CommonOptions common, Question<T> question) {
        ManagementSettings management = cli.config(common.config()).management();
        String host = management.host().contains(":") ? "[" + management.host() + "]" : management.host();
        URI base = URI.create("http://" + host + ":" + management.port());
        try (ManagementClient client = new ManagementClient(
                base, management.token(), why -> cli.err().println("warning: this is not in the audit log: " + why))) {
            return question.ask(client);
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
