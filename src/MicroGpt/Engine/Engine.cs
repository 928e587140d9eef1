namespace MicroGpt;

/// <summary>
/// A model that can learn: its parameters, the losses they give, their gradient, and Adam. Memory that only training
/// needs is taken at the first <see cref="Backward"/>. One caller at a time.
/// </summary>
abstract class Engine(GptConfig config, TrainingOptions options)
{
    /// <summary>The shape of the model.</summary>
    public GptConfig Config { get; } = config;

    /// <summary>The options of the training run.</summary>
    protected TrainingOptions Options { get; } = options;

    /// <summary>Adam's state, to be read: the state itself, or a copy.</summary>
    public abstract Moments Moments { get; }

    /// <summary>Whether no parameter is NaN or infinite.</summary>
    public abstract bool IsFinite { get; }

    /// <summary>For each document of a batch the sum over its predictions of -log p(next token), in nats.</summary>
    public abstract void NegativeLogLikelihoods(TokenBatch batch, Span<double> sums);

    /// <summary>
    /// The mean loss of a batch's documents, where each document's is the mean over its predictions; its gradient is
    /// kept for <see cref="Update"/>.
    /// </summary>
    public abstract double Backward(TokenBatch batch);

    /// <summary>
    /// Clips the gradient, decays the weights and lets Adam move the parameters; the first step is 0.
    /// </summary>
    public abstract void Update(int step, double learningRate);

    /// <summary>Remembers the parameters.</summary>
    public abstract void Keep();

    /// <summary>Goes back to the parameters last remembered.</summary>
    public abstract void Restore();

    /// <summary>A copy of the parameters.</summary>
    public abstract Parameters Copy();

    /// <summary>An engine that begins with these parameters and, if a run is resumed, this state of Adam.</summary>
    /// <param name="parameters">The engine's own from now on: in float64, training changes them.</param>
    /// <param name="moments">Adam's state; null before the first step, and where nothing is trained.</param>
    /// <param name="options">How to train, and in which precision.</param>
    /// <param name="threads">As <see cref="Trainer"/> has them: 0 is one for each core.</param>
    /// <exception cref="ArgumentException">A batch would take more memory than an array has.</exception>
    public static Engine Of(Parameters parameters, Moments? moments, TrainingOptions options, int threads) =>
        options.Precision == Precision.Float32
            ? new FloatEngine(parameters, options, moments, threads)
            : new ExactEngine(parameters, options, moments);

    /// <summary>An engine that is only to evaluate, and takes several documents at a time.</summary>
    public static Engine ToEvaluate(Parameters parameters, Precision precision, out int batchSize)
    {
        for (batchSize = 16; batchSize > 1 && !FloatEngine.Fits(parameters.Config, batchSize, shards: 1); batchSize /= 2)
        {
        }
        return Of(parameters, null, new() { Precision = precision, BatchSize = batchSize }, threads: 0);
    }

    /// <summary>About how many bytes a training run takes.</summary>
    public static double MemoryFor(TrainingOptions options, int vocabSize, int threads) =>
        options.Precision == Precision.Float32
            ? FloatEngine.BytesFor(options, vocabSize, threads)
            : ExactEngine.BytesFor(options, vocabSize);

    /// <summary>What to multiply a gradient of this length by so that it is no longer than the option allows.</summary>
    protected double Shortening(double norm) => norm > Options.GradientClip ? Options.GradientClip / norm : 1;

    /// <summary>Refuses a batch that was made for models of another shape.</summary>
    protected void Check(TokenBatch batch)
    {
        if (batch.Config != Config || batch.Count == 0)
        {
            throw new ArgumentException($"{batch.Count} documents for {batch.Config}; this engine is for {Config}");
        }
    }
}
