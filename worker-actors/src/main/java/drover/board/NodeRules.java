package drover.board;

import java.time.Duration;

/**
 * When a node gets no jobs because of its failures.
 *
 * @param suspendAfter this many failed attempts in a row, at least 1, suspend a node
 * @param suspendMin how long the first time, more than zero; doubled for each further time
 * @param suspendMax the longest time
 * @param halfLife after this time an attempt counts half in a node's success rate
 */
public record NodeRules(int suspendAfter, Duration suspendMin, Duration suspendMax, Duration halfLife) {
    /** 3 in a row; 30 s, 60 s, … up to 10 min; half-life 30 min. */
    public static final NodeRules DEFAULT =
            new NodeRules(3, Duration.ofSeconds(30), Duration.ofMinutes(10), Duration.ofMinutes(30));

    public NodeRules {
        if (suspendAfter < 1 || !suspendMin.isPositive() || !halfLife.isPositive()) {
            throw new IllegalArgumentException(
                    "expected suspendAfter >= 1, suspendMin > 0 and halfLife > 0, but they were " + suspendAfter + ", "
                            + suspendMin + " and " + halfLife);
        }
        if (suspendMax.compareTo(suspendMin) < 0) {
            throw new IllegalArgumentException(
                    "expected suspendMax >= suspendMin = " + suspendMin + ", but it was " + suspendMax);
        }
    }

    /** How long a node is suspended the n-th time without a success in between, from 1. */
    Duration suspension(int times) {
        // 2^30 of any sensible first time are beyond any sensible longest one; more doublings could only overflow.
        Duration doubled = suspendMin.multipliedBy(1L << Math.min(times - 1, 30));
        return doubled.compareTo(suspendMax) < 0 ? doubled : suspendMax;
    }
}
