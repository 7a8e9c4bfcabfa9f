package drover.ledger;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import drover.job.Job;
import drover.watchdog.Incident;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What was read, on its way to another process: {@code T} alone does not say there what it is. One job or none, jobs,
 * incidents, or entries of the audit log.
 */
final class ReadValue {
    private ReadValue() {}

    /** The value as it travels; one of these is there, unless it is that there is no job. */
    private record Carried(
            Optional<Job> job,
            Optional<List<Job>> jobs,
            Optional<List<Incident>> incidents,
            Optional<List<AuditEntry>> audit) {
        private static final Carried NOTHING =
                new Carried(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        private static Carried of(Object value) {
            return switch (value) {
                case Optional<?> found -> NOTHING.with(found.map(Job.class::cast));
                case List<?> found
                when !found.isEmpty() && found.getFirst() instanceof Incident ->
                    new Carried(NOTHING.job, NOTHING.jobs, Optional.of(all(found, Incident.class)), NOTHING.audit);
                case List<?> found
                when !found.isEmpty() && found.getFirst() instanceof AuditEntry ->
                    new Carried(
                            NOTHING.job, NOTHING.jobs, NOTHING.incidents, Optional.of(all(found, AuditEntry.class)));
                case List<?> found ->
                    new Carried(NOTHING.job, Optional.of(all(found, Job.class)), NOTHING.incidents, NOTHING.audit);
                default -> throw new IllegalArgumentException("not what a ledger reads: " + value);
            };
        }

        private static <T> List<T> all(List<?> found, Class<T> type) {
            return found.stream().map(type::cast).toList();
        }

        private Carried with(Optional<Job> found) {
            return new Carried(found, jobs, incidents, audit);
        }

        private Object value() {
            if (jobs.isPresent()) {
                return jobs.get();
            }
            if (incidents.isPresent()) {
                return incidents.get();
            }
            return audit.isPresent() ? audit.get() : job;
        }
    }

    static final class Writer extends JsonSerializer<Object> {
        @Override
        public void serialize(Object value, JsonGenerator to, SerializerProvider all) throws IOException {
            all.defaultSerializeValue(Carried.of(value), to);
        }
    }

    static final class Reader extends JsonDeserializer<Object> {
        @Override
        public Object deserialize(JsonParser from, DeserializationContext all) throws IOException {
            return all.readValue(from, Carried.class).value();
        }
    }
}
