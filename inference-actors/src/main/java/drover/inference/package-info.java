/**
 * What runs on one GPU slot: the life of an attempt, its progress, and the engine that does the work. {@link
 * drover.inference.InferenceActor} drives an {@link drover.inference.Engine} on its own runner thread and tells its
 * owner (the node) what happened; nothing here knows boards, ledgers or HTTP. Requests come in as {@link
 * drover.inference.InferenceRequest}; an engine's pictures are looked
 * at by {@link drover.inference.Safety} and encoded, and leave as {@link drover.inference.Artifact}.
 */
@NullMarked
package drover.inference;

import org.jspecify.annotations.NullMarked;
