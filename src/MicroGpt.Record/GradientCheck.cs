namespace MicroGpt.Record;

/// <summary>
/// Every parameter's gradient measured: the parameter is moved a little up and down, and the loss computed again. As a
/// <see cref="Job"/> it goes through all parameters; each result is there as soon as it is measured.
/// </summary>
/// <remarks>
/// The slope is (L(w + h) - L(w - h)) / 2h for h = 1e-4 and for half of it; together they cancel the error of order h²
/// (Richardson). If the two disagree, a ReLU has its kink in between, where the slope jumps and no number is right.
/// </remarks>
public sealed class GradientCheck : Job
{
    const double H = 1e-4;
    const double Disagreement = 1e-6;

    readonly Probe probe;
    readonly double[] values; // the model's own
    readonly string text;
    readonly double[] analytic, numeric;
    readonly bool[] kinks;

    /// <summary>Begins to measure a model's gradients for a text.</summary>
    /// <param name="model">The model. While a piece is measured, one of its parameters is changed.</param>
    /// <param name="text">Any text with letters of the vocabulary, as far as the model can see it.</param>
    /// <exception cref="UnknownCharacterException">The text has a letter that the vocabulary lacks.</exception>
    public GradientCheck(Gpt model, string text)
        : this(new(model), model.Parameters.Values, text)
    {
    }

    internal GradientCheck(Probe probe, double[] values, string text)
    {
        (this.probe, this.values, this.text) = (probe, values, text);
        (analytic, numeric, kinks) = (new double[values.Length], new double[values.Length], new bool[values.Length]);
        Array.Fill(numeric, double.NaN);
        Loss = probe.Backward(text, analytic);
    }

    /// <summary>The loss of the text.</summary>
    public double Loss { get; }

    /// <summary>How many parameters have been measured, from the first on.</summary>
    public int Measured { get; private set; }

    /// <inheritdoc/>
    public override double Progress => (double)Measured / values.Length;

    /// <summary>The gradients that the chain rule gives: [ParameterCount].</summary>
    public ReadOnlySpan<double> Analytic => analytic;

    /// <summary>The gradients measured: [ParameterCount]; NaN for those not yet measured.</summary>
    public ReadOnlySpan<double> Numeric => numeric;

    /// <summary>Whether a ReLU has its kink close to a parameter's value, so that its slope can't be measured.</summary>
    /// <param name="parameter">One that has been measured.</param>
    public bool IsAtKink(int parameter) => kinks[parameter];

    /// <summary>
    /// |numeric - analytic| / the larger of the two. Gradients below 1e-5 are compared with 1e-5, because the loss has
    /// only 16 digits.
    /// </summary>
    /// <param name="parameter">One that has been measured.</param>
    public double RelativeError(int parameter) => Math.Abs(numeric[parameter] - analytic[parameter])
        / Math.Max(1e-5, Math.Max(Math.Abs(numeric[parameter]), Math.Abs(analytic[parameter])));

    /// <summary>Measures one parameter at once, unless it has been measured.</summary>
    /// <param name="parameter">Its index.</param>
    /// <returns>Its gradient.</returns>
    public double Measure(int parameter)
    {
        if (double.IsNaN(numeric[parameter]))
        {
            var (far, near) = (Slope(parameter, H), Slope(parameter, H / 2));
            kinks[parameter] = Math.Abs(far - near) > Disagreement * Math.Max(1, Math.Abs(near));
            numeric[parameter] = (4 * near - far) / 3;
        }
        return numeric[parameter];
    }

    private protected override bool Next()
    {
        Measure(Measured);
        return ++Measured < values.Length;
    }

    double Slope(int parameter, double h)
    {
        var value = values[parameter];
        values[parameter] = value + h;
        var up = probe.Loss(text);
        values[parameter] = value - h;
        var down = probe.Loss(text);
        values[parameter] = value;
        return (up - down) / (2 * h);
    }
}
