namespace MicroGpt;

/// <summary>
/// Runs a model over single texts on the float64 engine, and shows its loss, its gradient and everything in between.
/// </summary>
/// <remarks>
/// Loss and gradient have the bits of a training step on that text. The model's parameters are read anew by every call,
/// so they may be changed in between. Not thread-safe.
/// </remarks>
public sealed unsafe class Probe
{
    readonly Gpt gpt;
    readonly ExactPasses passes;
    readonly double[] gradient;

    /// <summary>Allocates what the passes need.</summary>
    public Probe(Gpt gpt)
        : this(gpt, VectorWidths.InUse)
    {
    }

    internal Probe(Gpt gpt, VectorWidth width)
    {
        ArgumentNullException.ThrowIfNull(gpt);
        (this.gpt, passes) = (gpt, ExactPasses.Of(gpt.Config, width));
        gradient = new double[gpt.Config.ParameterCount];
    }

    /// <summary>
    /// Attention weights that are 0 whatever the queries and keys say; the other weights stay as they are. Gradients are
    /// those of the model with the cut.
    /// </summary>
    public IReadOnlyList<AttentionCut> Cuts
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
            passes.Cut(value);
        }
    } = [];

    /// <summary>The loss of a text: nats per prediction, bit for bit that of a training step.</summary>
    /// <param name="text">As far as the model can see it.</param>
    /// <exception cref="UnknownCharacterException">The text has a character the model does not know.</exception>
    public double Loss(string text)
    {
        var tokens = Encode(text);
        fixed (double* w = gpt.Parameters.Values)
        {
            return 1.0 / (tokens.Length - 1) * passes.Forward(w, tokens);
        }
    }

    /// <summary>The loss of a text, and how fast it grows with each parameter.</summary>
    /// <param name="text">As far as the model can see it.</param>
    /// <param name="gradient">Receives the gradient, laid out like <see cref="Parameters.Values"/>.</param>
    /// <returns>The loss, as <see cref="Loss"/> gives it.</returns>
    /// <exception cref="ArgumentException">The gradient has another length than the parameters.</exception>
    /// <exception cref="UnknownCharacterException">The text has a character the model does not know.</exception>
    public double Backward(string text, Span<double> gradient)
    {
        if (gradient.Length != gpt.Config.ParameterCount)
        {
            throw new ArgumentException(
                $"room for {gradient.Length} numbers; the model has {gpt.Config.ParameterCount} parameters",
                nameof(gradient));
        }
        var loss = Backward(Encode(text));
        this.gradient.CopyTo(gradient);
        return loss;
    }

    /// <summary>Everything the model computes for a text, and the gradient of everything.</summary>
    /// <param name="text">As far as the model can see it.</param>
    /// <exception cref="UnknownCharacterException">The text has a character the model does not know.</exception>
    public Trace Trace(string text)
    {
        var tokens = Encode(text);
        var trace = new Trace(gpt.Config, tokens);
        passes.Trace = trace;
        try
        {
            trace.Finish(Backward(tokens), gradient);
        }
        finally
        {
            passes.Trace = null;
        }
        return trace;
    }

    double Backward(int[] tokens)
    {
        fixed (double* w = gpt.Parameters.Values, g = gradient)
        {
            var sum = passes.Forward(w, tokens);
            passes.Backward(w, tokens, g);
            return 1.0 / (tokens.Length - 1) * sum;
        }
    }

    int[] Encode(string text)
    {
        var tokens = gpt.Tokenizer.Encode(text);
        return tokens.Length > gpt.Config.BlockSize + 1 ? tokens[..(gpt.Config.BlockSize + 1)] : tokens;
    }
}
