namespace MicroGpt;

/// <summary>
/// Float64, one document after the other. Without building a graph, it computes the bits of microgpt.cs's graph: the same
/// operations in the same order for every number. docs/exactness.md says why this works and how to check it.
/// </summary>
sealed unsafe class ExactEngine : Engine
{
    readonly VectorWidth width;
    readonly Parameters parameters;
    readonly ExactPasses passes;
    Moments? moments;
    ExactAdam? adam; // from the first step on
    double[] gradient = [], ofDocument = [], kept = []; // [ParameterCount], from the first step on

    public ExactEngine(
        Parameters parameters, TrainingOptions options, Moments? moments = null, VectorWidth? width = null)
        : base(parameters.Config, options)
    {
        (this.parameters, this.moments, this.width) = (parameters, moments, width ?? VectorWidths.InUse);
        passes = ExactPasses.Of(Config, this.width);
    }

    public override Moments Moments => moments ??= Moments.Zero(Config.ParameterCount);

    public override bool IsFinite => Array.TrueForAll(parameters.Values, double.IsFinite);

    /// <summary>The gradient from <see cref="Backward(TokenBatch)"/>, laid out like the parameters.</summary>
    public ReadOnlySpan<double> Gradient => gradient;

    public override void NegativeLogLikelihoods(TokenBatch batch, Span<double> sums)
    {
        Check(batch);
        fixed (double* w = parameters.Values)
        {
            for (var document = 0; document < batch.Count; document++)
            {
                sums[document] = passes.Forward(w, batch[document]);
            }
        }
    }

    // The gradient of a batch is the sum of its documents' gradients, in order, times 1/size.
    public override double Backward(TokenBatch batch)
    {
        Check(batch);
        Begin(batch);
        var loss = Backward(batch[0], gradient);
        if (batch.Count == 1)
        {
            return loss;
        }
        for (var document = 1; document < batch.Count; document++)
        {
            loss += Backward(batch[document], ofDocument);
            for (var i = 0; i < gradient.Length; i++)
            {
                gradient[i] += ofDocument[i];
            }
        }
        var share = 1.0 / batch.Count;
        Scale(gradient, share);
        return loss * share;
    }

    public override double[] CopyGradient() => (double[])gradient.Clone();

    public override void Update(int step, double learningRate)
    {
        if (Options.GradientClip > 0)
        {
            Scale(gradient, Shortening(Norm(gradient)));
        }
        adam!.Update(parameters.Values, gradient, step, learningRate, Options.WeightDecay);
    }

    public override void Keep() => parameters.Values.CopyTo(kept, 0);

    public override void Restore() => kept.CopyTo(parameters.Values, 0);

    public override Parameters Copy()
    {
        var copy = new Parameters(Config);
        parameters.Values.CopyTo(copy.Values, 0);
        return copy;
    }

    /// <summary>Approximate memory of a training run, in bytes: this class, the passes and a batch.</summary>
    public static double BytesFor(TrainingOptions options, int vocabSize)
    {
        var copies = options.BatchSize > 1 ? 6 : 5; // the values, their gradients, two moments, the last good values
        var tokens = (double)options.BatchSize * (options.BlockSize + 3);
        return sizeof(double) * (copies * ParameterLayout.Count(options, vocabSize)
            + ExactPasses.Numbers(options, vocabSize)) + sizeof(int) * tokens;
    }

    // Allocates what only training needs.
    void Begin(TokenBatch batch)
    {
        var count = Config.ParameterCount;
        if (adam == null)
        {
            (gradient, kept) = (new double[count], (double[])parameters.Values.Clone());
            adam = new(Moments, width);
        }
        if (batch.Count > 1 && ofDocument.Length == 0)
        {
            ofDocument = new double[count];
        }
    }

    // The loss of one document, and its gradient.
    double Backward(ReadOnlySpan<int> tokens, double[] gradient)
    {
        fixed (double* w = parameters.Values, g = gradient)
        {
            var sum = passes.Forward(w, tokens);
            passes.Backward(w, tokens, g);
            return 1.0 / (tokens.Length - 1) * sum;
        }
    }

    static double Norm(double[] vector)
    {
        double sum = 0;
        foreach (var number in vector)
        {
            sum += number * number;
        }
        return Math.Sqrt(sum);
    }

    static void Scale(double[] vector, double factor)
    {
        foreach (ref var number in vector.AsSpan())
        {
            number *= factor;
        }
    }
}
