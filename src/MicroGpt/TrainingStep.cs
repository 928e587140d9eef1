namespace MicroGpt;

/// <summary>What happened in one step of training.</summary>
/// <param name="Step">From 1 to <see cref="TrainingOptions.Steps"/>.</param>
/// <param name="Loss">Before the step, in nats per prediction; the mean over the step's documents.</param>
/// <param name="LearningRate">How far the step moved the parameters.</param>
/// <param name="DocumentIndex">Which document, the step's first, in the order of training.</param>
/// <param name="Document">Its text.</param>
/// <param name="Elapsed">Since the run, or its resumption, began.</param>
public readonly record struct TrainingStep(
    int Step, double Loss, double LearningRate, int DocumentIndex, string Document, TimeSpan Elapsed);
