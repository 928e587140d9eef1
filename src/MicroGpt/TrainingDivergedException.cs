namespace MicroGpt;

/// <summary>The loss or the parameters are NaN or infinite: nothing can be learned any more.</summary>
public sealed class TrainingDivergedException : Exception
{
    internal TrainingDivergedException(int step, string why, Gpt lastGood)
        : base($"{why}; a lower learning rate may help")
    {
        (Step, LastGood) = (step, lastGood);
    }

    /// <summary>The step, from 1, that showed it.</summary>
    public int Step { get; }

    /// <summary>The model with the last parameters that gave a finite loss.</summary>
    public Gpt LastGood { get; }
}
