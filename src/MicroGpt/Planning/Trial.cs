namespace MicroGpt;

/// <summary>A plan that <see cref="PlanSearch"/> tried: a run on most of the documents, measured on the others.</summary>
/// <param name="Options">
/// The options of a run on all the documents; the trial's took fewer steps, for as many epochs.
/// </param>
/// <param name="Tenths">How many tenths of the documents were held out, each from a run on the other nine.</param>
/// <param name="Loss">On the held-out documents, in nats per prediction; infinite if the run diverged.</param>
/// <param name="Duration">How long the trial took.</param>
/// <param name="StepDuration">How long a step took.</param>
public sealed record Trial(
    TrainingOptions Options, int Tenths, double Loss, TimeSpan Duration, TimeSpan StepDuration);
