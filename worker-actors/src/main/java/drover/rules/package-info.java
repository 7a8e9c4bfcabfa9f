/**
 * The seam between what an actor decides and the actor system that it lives in. {@link drover.rules.Rules} are plain,
 * deterministic code that hears messages and answers through {@link drover.rules.Surroundings}; in production an
 * {@link drover.rules.RulesActor} hands them what Pekko hands it, and the simulator plays the same rules on virtual time.
 * Everybody who writes an actor with something to decide may use it; it knows nobody.
 */
@NullMarked
package drover.rules;

import org.jspecify.annotations.NullMarked;
