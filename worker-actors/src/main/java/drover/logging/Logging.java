package drover.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.filter.ThresholdFilter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy;
import ch.qos.logback.core.util.FileSize;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/** Sets up and adjusts logging for this process. */
public final class Logging {
    /** How much of the log also goes to standard error. */
    public enum Console {
        /** Everything that goes to the file. */
        ALL,
        /** Warnings and errors, for a process whose output is not the user's first concern. */
        WARNINGS,
        /** Nothing. */
        NONE
    }

    private static final List<String> LEVELS = List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE", "OFF");

    private static final String LINE = "%d{HH:mm:ss.SSS} %-5level %-20.-20logger{0} %msg%fields%n%ex";
    private static final String FILE_LINE =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level [%thread] %logger{36} %msg%fields%n%ex";

    /** Libraries that say more than an operator wants; some warn about things that are normal here. */
    private static final Map<String, Level> LIBRARIES = Map.ofEntries(
            Map.entry("org.apache.pekko", Level.WARN),
            // A GPU process that ends leaves broken connections behind; its keeper has said all there is to say.
            Map.entry("org.apache.pekko.remote", Level.ERROR),
            Map.entry("org.apache.pekko.stream.Materializer", Level.ERROR),
            Map.entry("org.apache.pekko.cluster", Level.ERROR),
            Map.entry("ai.djl", Level.WARN),
            // Says that it found CUDA's libraries without a driver, on machines where that is as it should be.
            Map.entry("ai.djl.util.cuda", Level.ERROR),
            Map.entry("com.zaxxer.hikari", Level.WARN),
            Map.entry("org.flywaydb", Level.WARN),
            Map.entry("org.jdbi", Level.WARN),
            Map.entry("io.netty", Level.WARN));

    private Logging() {}

    /**
     * Logs as the settings say from now on.
     *
     * @param process names the file: {@code drover} gives {@code drover.log}. Two processes that live at the same time
     *     must not share a name
     */
    public static void start(LoggingSettings settings, String process, Console console) {
        LoggerContext context = context();
        Level level = Level.toLevel(settings.level(), Level.INFO);
        configure(context, console == Console.ALL ? level : console == Console.WARNINGS ? Level.WARN : Level.OFF);
        context.getLogger("drover").setLevel(level);
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.INFO);

        RollingFileAppender<ILoggingEvent> file = new RollingFileAppender<>();
        file.setContext(context);
        file.setName("file");
        String base = settings.dir().resolve(process).toString();
        file.setFile(base + ".log");
        SizeAndTimeBasedRollingPolicy<ILoggingEvent> rolling = new SizeAndTimeBasedRollingPolicy<>();
        rolling.setContext(context);
        rolling.setParent(file);
        rolling.setFileNamePattern(base + ".%d{yyyy-MM-dd}.%i.log.gz");
        rolling.setMaxFileSize(new FileSize(settings.maxFile()));
        rolling.setMaxHistory(settings.keepDays());
        rolling.setTotalSizeCap(new FileSize(settings.maxTotal()));
        rolling.start();
        file.setRollingPolicy(rolling);
        file.setEncoder(settings.json() ? json(context) : lines(context, FILE_LINE));
        file.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(file);
    }

    /** Writes only to standard error from now on, from this level up. */
    public static void consoleOnly(String level) {
        LoggerContext context = context();
        Level parsed = Level.toLevel(level, Level.WARN);
        configure(context, parsed);
        context.getLogger("drover").setLevel(parsed);
    }

    /** The levels that have been set, by logger. */
    public static Map<String, String> levels() {
        Map<String, String> levels = new TreeMap<>();
        for (Logger logger : context().getLoggerList()) {
            if (logger.getLevel() != null) {
                levels.put(logger.getName(), logger.getLevel().toString());
            }
        }
        return levels;
    }

    /**
     * Sets a logger's level until the process ends.
     *
     * @param level {@code ERROR, WARN, INFO, DEBUG, TRACE} or {@code OFF}, in any case
     * @throws IllegalArgumentException if there is no such level
     */
    public static void setLevel(String logger, String level) {
        requireLevel(level);
        context().getLogger(logger).setLevel(Level.toLevel(level));
    }

    /**
     * Checks a level without setting it.
     *
     * @throws IllegalArgumentException if there is no such level
     */
    public static void requireLevel(String level) {
        if (!LEVELS.contains(level.toUpperCase(Locale.ROOT))) {
            throw new IllegalArgumentException(
                    "a level is one of " + String.join(", ", LEVELS) + ", but was: " + level);
        }
    }

    /** Writes out what is left and closes the files. */
    public static void stop() {
        context().stop();
    }

    static void configure(LoggerContext context, Level console) {
        context.reset();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName("console");
        // Standard output belongs to what a command was asked for.
        appender.setTarget("System.err");
        appender.setEncoder(lines(context, LINE));
        ThresholdFilter threshold = new ThresholdFilter();
        threshold.setLevel(console.toString());
        threshold.start();
        appender.addFilter(threshold);
        appender.start();
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(appender);
        LIBRARIES.forEach((name, level) -> context.getLogger(name).setLevel(level));
    }

    private static Encoder<ILoggingEvent> lines(LoggerContext context, String pattern) {
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        layout.getInstanceConverterMap().put("fields", MdcConverter::new);
        layout.setPattern(pattern);
        layout.start();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setLayout(layout);
        encoder.start();
        return encoder;
    }

    private static Encoder<ILoggingEvent> json(LoggerContext context) {
        JsonEncoder encoder = new JsonEncoder();
        encoder.setContext(context);
        encoder.setWithFormattedMessage(true);
        encoder.setWithMessage(false);
        encoder.setWithArguments(false);
        encoder.setWithContext(false);
        encoder.setWithSequenceNumber(false);
        encoder.setWithNanoseconds(false);
        encoder.start();
        return encoder;
    }

    private static LoggerContext context() {
        ILoggerFactory factory = LoggerFactory.getILoggerFactory();
        if (factory instanceof LoggerContext context) {
            return context;
        }
        throw new IllegalStateException("Drover logs with Logback, but SLF4J found "
                + factory.getClass().getName() + "; take the other binding off the class path");
    }
}
