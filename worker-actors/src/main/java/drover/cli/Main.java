package drover.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry point of the command line. */
@Command(
        name = "drover",
        description = "Runs inference on GPUs and notices when it no longer gets anywhere.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = HelpCommand.class)
public final class Main implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before anything is called.
    private CommandSpec spec;

    private Main() {}

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        Map<String, String> environment = System.getenv();
        Cli cli = new Cli(
                Path.of(environment.getOrDefault("DROVER_HOME", "")).toAbsolutePath(),
                environment,
                System.out,
                System.err,
                terminalWidth(environment));
        int code = run(cli, arguments);
        System.out.flush();
        System.exit(code);
    }

    /** Runs one command and gives its exit code. */
    static int run(Cli cli, String... arguments) {
        BenchCommand bench = new BenchCommand(cli);
        BenchNetworkCommands networks = new BenchNetworkCommands(cli);
        ModelsCommand models = new ModelsCommand(cli);
        NodesCommand nodes = new NodesCommand(cli);
        JobsCommand jobs = new JobsCommand(cli);
        HordeCommand horde = new HordeCommand(cli);
        CommandLine line = new CommandLine(new Main())
                .addSubcommand(new GenerateCommand(cli))
                .addSubcommand(new UpCommand(cli))
                .addSubcommand(new JoinCommand(cli))
                .addSubcommand(new StatusCommand(cli))
                .addSubcommand(new IncidentsCommand(cli))
                .addSubcommand(new ReportCommand(cli))
                .addSubcommand(new DrainCommand(cli))
                .addSubcommand(new CommandLine(nodes)
                        .addSubcommand(nodes.new Drain())
                        .addSubcommand(nodes.new Resume())
                        .addSubcommand(nodes.new Restart())
                        .addSubcommand(nodes.new Quarantine())
                        .addSubcommand(nodes.new Release()))
                .addSubcommand(new CommandLine(jobs)
                        .addSubcommand(jobs.new ListJobs())
                        .addSubcommand(jobs.new Cancel())
                        .addSubcommand(jobs.new Requeue()))
                .addSubcommand(new CommandLine(models)
                        .addSubcommand(models.new ListModels())
                        .addSubcommand(models.new Where())
                        .addSubcommand(models.new Withdraw())
                        .addSubcommand(models.new Release()))
                .addSubcommand(new CommandLine(horde)
                        .addSubcommand(horde.new Check())
                        .addSubcommand(new HordeRequestCommand(cli))
                        .addSubcommand(new HordeStatusCommand(cli))
                        .addSubcommand(new HordeMaintenanceCommand(cli))
                        .addSubcommand(new HordeServeCommand(cli)))
                .addSubcommand(new AuditCommand(cli))
                .addSubcommand(new ConfigCommand(cli))
                .addSubcommand(new ReloadCommand(cli))
                .addSubcommand(new LogLevelCommand(cli))
                .addSubcommand(new GoldenCommand(cli))
                .addSubcommand(new CommandLine(bench)
                        .addSubcommand(bench.new Watchdog())
                        .addSubcommand(bench.new Overhead())
                        .addSubcommand(bench.new Throughput())
                        .addSubcommand(bench.new Recovery())
                        .addSubcommand(bench.new Stalls())
                        .addSubcommand(bench.new Memory())
                        .addSubcommand(bench.new HotPath())
                        .addSubcommand(bench.new Ledger())
                        .addSubcommand(bench.new Horde())
                        .addSubcommand(networks.new UNet())
                        .addSubcommand(networks.new Load())
                        .addSubcommand(networks.new Pipeline()))
                .addSubcommand(new SimulateCommand(cli))
                .addSubcommand(new ChaosCommand(cli))
                .addSubcommand(new VersionCommand(cli));
        return line.setOut(new PrintWriter(cli.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(cli.err(), true, StandardCharsets.UTF_8))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, args) -> onWrongUsage(cli, e))
                .setExecutionExceptionHandler((e, command, result) -> onFailure(cli, e, command))
                .execute(arguments);
    }

    /** Without a command: what there is. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    private static int onWrongUsage(Cli cli, ParameterException e) {
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        cli.err().println(name + ": " + e.getMessage() + hint(e) + "; see " + name + " --help");
        return Cli.USAGE;
    }

    private static String hint(ParameterException e) {
        return e instanceof UnmatchedArgumentException unmatched
                        && !unmatched.getSuggestions().isEmpty()
                ? " (did you mean " + unmatched.getSuggestions().getFirst() + "?)"
                : "";
    }

    private static int onFailure(Cli cli, Exception e, CommandLine command) {
        String name = command.getCommandSpec().qualifiedName();
        boolean verbose = command.getParseResult().hasMatchedOption("--verbose");
        if (e instanceof CommandFailure failure) {
            cli.err().println(name + ": " + failure.getMessage());
            if (verbose && failure.getCause() != null) {
                failure.getCause().printStackTrace(cli.err());
            }
            return failure.exitCode();
        }
        cli.err().println(name + ": an unexpected failure: " + e + (verbose ? "" : " (--verbose shows where)"));
        if (verbose) {
            e.printStackTrace(cli.err());
        }
        return Cli.FAILED;
    }

    /** The launcher script tells the width if standard error is a terminal: Java cannot see that by itself. */
    private static Optional<Integer> terminalWidth(Map<String, String> environment) {
        return Optional.of(environment.getOrDefault("DROVER_TERMINAL", ""))
                .filter(text -> text.matches("[1-9][0-9]{0,3}"))
                .map(Integer::valueOf);
    }
}
