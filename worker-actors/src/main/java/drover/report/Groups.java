package drover.report;

import drover.client.ReportView.GroupView;
import drover.job.Attempt;
import drover.job.Job;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Groups by name. Beyond {@value #MOST} names, all further ones are one group, so that memory stays bounded. */
final class Groups {
    static final int MOST = 250;
    static final String OTHERS = "(others)";

    private final Map<String, Group> byName = new TreeMap<>();
    private final Set<String> ofThisJob = new HashSet<>();

    void add(String name, Job job, Attempt attempt, Ending ending) {
        String known = byName.containsKey(name) || byName.size() < MOST ? name : OTHERS;
        byName.computeIfAbsent(known, _ -> new Group()).add(job, attempt, ending);
        ofThisJob.add(known);
    }

    /** What comes next is of another job. */
    void endOfJob() {
        for (String name : ofThisJob) {
            Group group = byName.get(name);
            if (group != null) {
                group.tally().addJob();
            }
        }
        ofThisJob.clear();
    }

    /** Those with most failures first. */
    List<GroupView> view() {
        return byName.entrySet().stream()
                .map(entry -> entry.getValue().view(entry.getKey()))
                .sorted(Comparator.comparingLong(
                                (GroupView group) -> -group.counts().failures())
                        .thenComparing(GroupView::name))
                .toList();
    }
}
