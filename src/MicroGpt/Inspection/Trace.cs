namespace MicroGpt;

/// <summary>
/// Everything a model computed for a text, forward and backward: the buffers of the engine's own passes, copied as they
/// were filled. <see cref="Probe.Trace"/> makes it.
/// </summary>
public sealed unsafe class Trace
{
    readonly GptConfig config;
    readonly int[] tokens;
    readonly double[][] values, gradients; // [activation · layer]: [position, number]

    internal Trace(GptConfig config, int[] tokens)
    {
        (this.config, this.tokens, Positions) = (config, tokens, tokens.Length - 1);
        var count = Enum.GetValues<Activation>().Length * config.NLayer;
        (values, gradients) = (new double[count][], new double[count][]);
        for (var i = 0; i < count; i++)
        {
            var size = Positions * RoomFor((Activation)(i / config.NLayer));
            (values[i], gradients[i]) = (new double[size], new double[size]);
        }
    }

    /// <summary>The number of positions, each of which predicts a token.</summary>
    public int Positions { get; }

    /// <summary>The tokens read, and last the one to be predicted at the last position: Positions + 1.</summary>
    public ReadOnlySpan<int> Tokens => tokens;

    /// <summary>The mean of -log p over all predictions: bit for bit the loss of a training step on this text.</summary>
    public double Loss { get; private set; }

    /// <summary>How fast the loss grows with each parameter, laid out like <see cref="Parameters.Values"/>.</summary>
    public ReadOnlySpan<double> Gradient => gradient;

    double[] gradient = [];

    /// <summary>-log p of the token that really comes next, in nats.</summary>
    /// <param name="position">From 0.</param>
    public double Surprise(int position) =>
        Libm.Log(Values(Activation.Probability, 0, position)[tokens[position + 1]]) * -1;

    /// <summary>The numbers of one activation at one position.</summary>
    /// <param name="activation">What to show; its documentation gives the shape.</param>
    /// <param name="layer">From 0; 0 for an activation that exists only once.</param>
    /// <param name="position">From 0.</param>
    public ReadOnlySpan<double> Values(Activation activation, int layer, int position) =>
        Slice(values, activation, layer, position);

    /// <summary>How fast the loss grows with each of these numbers.</summary>
    /// <param name="activation">As for <see cref="Values"/>.</param>
    /// <param name="layer">As for <see cref="Values"/>.</param>
    /// <param name="position">As for <see cref="Values"/>.</param>
    public ReadOnlySpan<double> Gradients(Activation activation, int layer, int position) =>
        Slice(gradients, activation, layer, position);

    /// <summary>Copies an activation of all positions; a row holds one number of each position.</summary>
    internal void Keep(Activation activation, int layer, double* rows, int stride) =>
        Keep(values, activation, layer, rows, stride);

    /// <summary>The same for its gradient.</summary>
    internal void KeepGradient(Activation activation, int layer, double* rows, int stride) =>
        Keep(gradients, activation, layer, rows, stride);

    /// <summary>
    /// Copies one head's numbers of some positions; a row holds one number of each position, for one position looked at.
    /// </summary>
    internal void Keep(Activation activation, int layer, int head, double* rows, int stride, int position, int count) =>
        Keep(values, activation, layer, head, rows, stride, position, count);

    /// <summary>The same for their gradient.</summary>
    internal void KeepGradient(
        Activation activation, int layer, int head, double* rows, int stride, int position, int count) =>
        Keep(gradients, activation, layer, head, rows, stride, position, count);

    /// <summary>Adds what the passes do not keep: the probabilities, and the gradient of those that count.</summary>
    internal void Finish(double loss, double[] parameterGradient)
    {
        (Loss, gradient) = (loss, (double[])parameterGradient.Clone());
        var (at, room) = ((int)Activation.Probability * config.NLayer, config.VocabSize);
        for (var p = 0; p < Positions; p++)
        {
            var probabilities = values[at].AsSpan(p * room, room);
            Softmax.Apply(Values(Activation.Logit, 0, p), probabilities);
            gradients[at][p * room + tokens[p + 1]] = 1 / probabilities[tokens[p + 1]] * (-1 * (1.0 / Positions));
        }
    }

    void Keep(double[][] numbers, Activation activation, int layer, double* rows, int stride)
    {
        var (to, room) = (numbers[(int)activation * config.NLayer + layer], RoomFor(activation));
        for (var p = 0; p < Positions; p++)
        {
            for (var i = 0; i < room; i++)
            {
                to[p * room + i] = rows[i * stride + p];
            }
        }
    }

    void Keep(double[][] numbers, Activation activation, int layer, int head, double* rows, int stride, int position,
        int count)
    {
        var (to, room) = (numbers[(int)activation * config.NLayer + layer], RoomFor(activation));
        for (var p = position; p < Math.Min(position + count, Positions); p++)
        {
            for (var s = 0; s <= p; s++)
            {
                to[p * room + head * (p + 1) + s] = rows[s * stride + p - position];
            }
        }
    }

    ReadOnlySpan<double> Slice(double[][] numbers, Activation activation, int layer, int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, config.NLayer);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Positions);
        var room = RoomFor(activation);
        var length = activation is Activation.Score or Activation.Weight ? config.NHead * (position + 1) : room;
        return numbers[(int)activation * config.NLayer + layer].AsSpan(position * room, length);
    }

    int RoomFor(Activation activation) => activation switch
    {
        Activation.Score or Activation.Weight => config.NHead * Positions,
        Activation.Hidden or Activation.Relu => 4 * config.NEmbd,
        Activation.Logit or Activation.Probability => config.VocabSize,
        _ => config.NEmbd,
    };
}
