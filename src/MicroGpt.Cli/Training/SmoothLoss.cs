namespace MicroGpt.Cli;

/// <summary>Losses of single documents jump about; a mean that forgets them slowly shows where they go.</summary>
sealed class SmoothLoss
{
    const double Keep = 0.98;

    double sum, weight;

    public double Last { get; private set; }

    public double Mean => sum / weight;

    public void Add(double loss) =>
        (Last, sum, weight) = (loss, Keep * sum + (1 - Keep) * loss, Keep * weight + (1 - Keep));
}
