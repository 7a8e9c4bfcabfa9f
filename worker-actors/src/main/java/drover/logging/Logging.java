package drover.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.filter.ThresholdFilter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy;
import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/** Sets up and adjusts logging for this process. */
public final class Logging {
    /** How much of the log also goes to standard error. */
    public enum Console {
        /** Everything that goes to the file. */
        ALL,
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
     * Logs as the settings say from now on. If the file cannot be written, everything goes to standard error instead.
     *
     * @param process names the file: {@code drover} gives {@code drover.log}, or {@code drover-2.log} while another
     *     living process writes to that
     * @param fields hold for every line of this process, by the names in {@link LogKeys}
     */
    public static void start(LoggingSettings settings, String process, Console console, Map<String, String> fields) {
        LoggerContext context = context();
        LogFields lineFields = new LogFields(fields);
        Level threshold = console == Console.ALL ? Level.TRACE : Level.OFF;
        configure(context, threshold, lineFields);
        Optional<String> problem = Optional.empty();
        try {
            LogFileName name = LogFileName.claim(settings.dir(), process);
            context.register(name);
            RollingFileAppender<ILoggingEvent> file = file(context, settings, name.name(), lineFields);
            context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(file);
            if (!file.isStarted()) {
                problem = Optional.of(file.getFile() + " cannot be opened");
            }
        } catch (IOException e) {
            problem = Optional.of(e.toString());
        }
        if (problem.isPresent()) {
            configure(context, Level.TRACE, lineFields);
        }
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.INFO);
        setLevels(settings.levels());
        problem.ifPresent(what -> context.getLogger(Logging.class)
                .error(
                        "no log file can be written ({}), so this process logs to standard error; give it a folder that "
                                + "it may write to (drover.logging.dir)",
                        what));
    }

    private static RollingFileAppender<ILoggingEvent> file(
            LoggerContext context, LoggingSettings settings, String name, LogFields fields) {
        RollingFileAppender<ILoggingEvent> file = new RollingFileAppender<>();
        file.setContext(context);
        file.setName("file");
        String base = settings.dir().resolve(name).toString();
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
        file.setEncoder(settings.json() ? json(context, fields) : lines(context, FILE_LINE, fields));
        file.start();
        return file;
    }

    /** Writes only to standard error from now on, from this level up. */
    public static void consoleOnly(String level) {
        LoggerContext context = context();
        Level parsed = Level.toLevel(level, Level.WARN);
        configure(context, parsed);
        context.getLogger(LoggingSettings.DROVER).setLevel(parsed);
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
     * Sets the levels of several loggers until the process ends.
     *
     * @throws IllegalArgumentException if a level is none; then the others are set or not
     */
    public static void setLevels(Map<String, String> levels) {
        levels.forEach(Logging::setLevel);
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
        configure(context, console, new LogFields(Map.of()));
    }

    private static void configure(LoggerContext context, Level console, LogFields fields) {
        context.reset();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName("console");
        // Standard output belongs to what a command was asked for.
        appender.setTarget("System.err");
        appender.setEncoder(lines(context, LINE, fields));
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

    private static Encoder<ILoggingEvent> lines(LoggerContext context, String pattern, LogFields fields) {
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        layout.getInstanceConverterMap().put("fields", () -> new FieldsConverter(fields));
        layout.setPattern(pattern);
        layout.start();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setLayout(layout);
        encoder.start();
        return encoder;
    }

    private static Encoder<ILoggingEvent> json(LoggerContext context, LogFields fields) {
        JsonLines encoder = new JsonLines(fields);
        encoder.setContext(context);
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
