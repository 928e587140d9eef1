namespace MicroGpt;

/// <summary>What learns in a training run: parameters, the engine that finds their gradient, the optimizer.</summary>
abstract class Learner
{
    /// <summary>The shape of the model.</summary>
    public abstract GptConfig Config { get; }

    /// <summary>The mean loss of a batch's documents; its gradient is kept for <see cref="Update"/>.</summary>
    public abstract double Backward(TokenBatch batch);

    /// <summary>Moves the parameters against the gradient, the first time with step 0.</summary>
    public abstract void Update(int step, double learningRate);

    /// <summary>The loss of each document of a batch, in nats per prediction.</summary>
    public abstract void Losses(TokenBatch batch, Span<double> losses);

    /// <summary>Remembers the parameters.</summary>
    public abstract void Keep();

    /// <summary>Goes back to the parameters last remembered.</summary>
    public abstract void Restore();

    /// <summary>Whether no parameter is NaN or infinite.</summary>
    public abstract bool IsFinite { get; }

    /// <summary>A copy of the parameters.</summary>
    public abstract Parameters Copy();

    /// <summary>The optimizer's state, the state itself or a copy.</summary>
    public abstract ExactAdam Optimizer { get; }

    /// <summary>A learner that begins with these parameters and this state of the optimizer.</summary>
    public static Learner Of(Parameters parameters, ExactAdam optimizer, TrainingOptions options, int threads) =>
        options.Precision == Precision.Float32
            ? new FloatLearner(parameters, optimizer, options, threads)
            : new ExactLearner(parameters, optimizer, options);

    /// <summary>What to multiply a gradient of this length by; 1 leaves it as it is.</summary>
    protected static double Shortening(double norm, double clip) => norm > clip ? clip / norm : 1;
}
