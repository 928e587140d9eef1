namespace MicroGpt;

/// <summary>Learns in float64, one document after the other, with the bits of microgpt.cs.</summary>
sealed class ExactLearner : Learner
{
    readonly TrainingOptions options;
    readonly Parameters parameters;
    readonly ExactEngine engine;
    readonly double[] gradient, ofDocument, kept; // [ParameterCount]

    public ExactLearner(Parameters parameters, ExactAdam optimizer, TrainingOptions options)
    {
        (this.parameters, Optimizer, this.options) = (parameters, optimizer, options);
        engine = new(parameters);
        var count = parameters.Config.ParameterCount;
        (gradient, ofDocument) = (new double[count], new double[options.BatchSize > 1 ? count : 0]);
        kept = (double[])parameters.Values.Clone();
    }

    public override GptConfig Config => parameters.Config;

    public override ExactAdam Optimizer { get; }

    public override bool IsFinite => Array.TrueForAll(parameters.Values, double.IsFinite);

    // The gradient of a batch is the sum of its documents' gradients, in their order, times 1/size.
    public override double Backward(TokenBatch batch)
    {
        var loss = engine.Backward(batch[0], gradient);
        if (batch.Count == 1)
        {
            return loss;
        }
        for (var document = 1; document < batch.Count; document++)
        {
            loss += engine.Backward(batch[document], ofDocument);
            for (var i = 0; i < gradient.Length; i++)
            {
                gradient[i] += ofDocument[i];
            }
        }
        var share = 1.0 / batch.Count;
        Scale(gradient, share);
        return loss * share;
    }

    public override void Update(int step, double learningRate)
    {
        if (options.GradientClip > 0)
        {
            Scale(gradient, Shortening(Norm(gradient), options.GradientClip));
        }
        if (options.WeightDecay > 0)
        {
            Scale(parameters.Values, 1 - learningRate * options.WeightDecay);
        }
        Optimizer.Update(parameters.Values, gradient, step, learningRate);
    }

    public override void Losses(TokenBatch batch, Span<double> losses)
    {
        for (var document = 0; document < batch.Count; document++)
        {
            losses[document] = engine.Loss(batch[document]);
        }
    }

    public override void Keep() => parameters.Values.CopyTo(kept, 0);

    public override void Restore() => kept.CopyTo(parameters.Values, 0);

    public override Parameters Copy()
    {
        var copy = new Parameters(Config);
        parameters.Values.CopyTo(copy.Values, 0);
        return copy;
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
