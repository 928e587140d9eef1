namespace MicroGpt.Cli;

/// <summary>The loss on held-out documents after a step.</summary>
sealed record ValidationLoss(int Step, double Loss);
