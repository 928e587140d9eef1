namespace MicroGpt.Cli;

/// <summary>The loss on documents set aside, after a step.</summary>
sealed record ValidationLoss(int Step, double Loss);
