namespace MicroGpt;

/// <summary>One step of training.</summary>
/// <param name="Step">From 1 to <see cref="TrainingOptions.Steps"/>.</param>
/// <param name="Loss">Before the update, in nats per prediction; the mean over the step's documents.</param>
/// <param name="LearningRate">The step's learning rate.</param>
/// <param name="DocumentIndex">The index of the step's first document, in training order.</param>
/// <param name="Document">That document's text.</param>
/// <param name="Elapsed">Time since the run began or was resumed.</param>
public readonly record struct TrainingStep(
    int Step, double Loss, double LearningRate, int DocumentIndex, string Document, TimeSpan Elapsed);
