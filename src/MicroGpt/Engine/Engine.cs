namespace MicroGpt;

/// <summary>
/// A trainable model: its parameters, their losses and gradient, and Adam. Memory that only training needs is allocated
/// by the first <see cref="Backward"/>. Not thread-safe.
/// </summary>
abstract class Engine(GptConfig config, TrainingOptions options)
{
    /// <summary>The shape of the model.</summary>
    public GptConfig Config { get; } = config;

    /// <summary>The options of the training run.</summary>
    protected TrainingOptions Options { get; } = options;

    /// <summary>Adam's state, read-only: the original or a copy.</summary>
    public abstract Moments Moments { get; }

    /// <summary>Whether no parameter is NaN or infinite.</summary>
    public abstract bool IsFinite { get; }

    /// <summary>For each document of a batch, the sum of -log p(next token) over its predictions, in nats.</summary>
    public abstract void NegativeLogLikelihoods(TokenBatch batch, Span<double> sums);

    /// <summary>
    /// The batch's loss: the mean over documents of the mean over each document's predictions, or the mean over all
    /// predictions (<see cref="LossAverage"/>). The gradient is kept for <see cref="Update"/>.
    /// </summary>
    public abstract double Backward(TokenBatch batch);

    /// <summary>A copy of the gradient of the last <see cref="Backward"/>, as <see cref="Update"/> left it.</summary>
    public abstract double[] CopyGradient();

    /// <summary>
    /// Clips the gradient, decays the weights and applies Adam; the first step is 0.
    /// </summary>
    public abstract void Update(int step, double learningRate);

    /// <summary>Saves a copy of the parameters, for <see cref="Restore"/>.</summary>
    public abstract void Keep();

    /// <summary>Restores the parameters of the last <see cref="Keep"/>.</summary>
    public abstract void Restore();

    /// <summary>A copy of the parameters.</summary>
    public abstract Parameters Copy();

    /// <summary>Creates an engine with these parameters and, for a resumed run, this state of Adam.</summary>
    /// <param name="parameters">Now owned by the engine; in float64, training changes them.</param>
    /// <param name="moments">Adam's state; null before the first step or without training.</param>
    /// <param name="options">How to train, and in which precision.</param>
    /// <param name="threads">As for <see cref="Trainer"/>; 0: one per core.</param>
    /// <param name="ranks">The processes that share each step, if there are any; in float32 only.</param>
    /// <exception cref="ArgumentException">A document would not fit in an array.</exception>
    public static Engine Of(
        Parameters parameters, Moments? moments, TrainingOptions options, int threads, Ranks? ranks = null) =>
        options.Precision == Precision.Float32
            ? new FloatEngine(parameters, options, moments, threads, ranks: ranks)
            : new ExactEngine(parameters, options, moments);

    /// <summary>Creates an engine that only evaluates, several documents at a time.</summary>
    public static Engine ToEvaluate(Parameters parameters, Precision precision, out int batchSize)
    {
        for (batchSize = 16; batchSize > 1 && !FloatEngine.Fits(parameters.Config, batchSize, shards: 1); batchSize /= 2)
        {
        }
        return Of(parameters, null, new() { Precision = precision, BatchSize = batchSize }, threads: 0);
    }

    /// <summary>Approximate memory of a training run, in bytes.</summary>
    public static double MemoryFor(TrainingOptions options, int vocabSize, int threads, int ranks) =>
        options.Precision == Precision.Float32
            ? FloatEngine.BytesFor(options, vocabSize, threads, ranks)
            : ExactEngine.BytesFor(options, vocabSize);

    /// <summary>The factor that clips a gradient of this norm to what the option allows.</summary>
    protected double Shortening(double norm) => norm > Options.GradientClip ? Options.GradientClip / norm : 1;

    /// <summary>Refuses a batch made for models of another shape.</summary>
    protected void Check(TokenBatch batch)
    {
        if (batch.Config != Config || batch.Count == 0)
        {
            throw new ArgumentException($"{batch.Count} documents for {batch.Config}; this engine is for {Config}");
        }
    }
}
