namespace MicroGpt;

/// <summary>The loss or the parameters are NaN or infinite, so training can't continue.</summary>
public sealed class TrainingDivergedException : Exception
{
    internal TrainingDivergedException(int step, string why, Gpt lastGood)
        : base($"{why}; a lower learning rate may help")
    {
        (Step, LastGood) = (step, lastGood);
    }

    /// <summary>The step, counted from 1, at which it showed.</summary>
    public int Step { get; }

    /// <summary>The model with the last parameters that gave a finite loss.</summary>
    public Gpt LastGood { get; }
}
