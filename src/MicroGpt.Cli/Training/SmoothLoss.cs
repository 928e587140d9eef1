namespace MicroGpt.Cli;

/// <summary>A running mean of the loss, since the losses of single documents are noisy.</summary>
sealed class SmoothLoss
{
    const double Keep = 0.98;

    double sum, weight;

    public double Last { get; private set; }

    public double Mean => sum / weight;

    public void Add(double loss) =>
        (Last, sum, weight) = (loss, Keep * sum + (1 - Keep) * loss, Keep * weight + (1 - Keep));
}
