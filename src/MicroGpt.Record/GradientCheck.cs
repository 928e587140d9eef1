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

    internal GradientCheck(Probe probe, double[] values, string text)
    {
        (this.probe, this.values, this.text) = (probe, values, text);
        (analytic, numeric, kinks) = (new double[values.Length], new double[values.Length], new bool[values.Length]);
        Loss = probe.Backward(text, analytic);
    }

    /// <summary>The loss of the text.</summary>
    public double Loss { get; }

    /// <summary>How many parameters have been measured.</summary>
    public int Measured { get; private set; }

    /// <inheritdoc/>
    public override double Progress => (double)Measured / values.Length;

    /// <summary>The gradients that the chain rule gives: [ParameterCount].</summary>
    public ReadOnlySpan<double> Analytic => analytic;

    /// <summary>The gradients measured so far: [<see cref="Measured"/>].</summary>
    public ReadOnlySpan<double> Numeric => numeric.AsSpan(0, Measured);

    /// <summary>Whether a ReLU has its kink close to a parameter's value, so that its slope can't be measured.</summary>
    /// <param name="parameter">From 0 to below <see cref="Measured"/>.</param>
    public bool IsAtKink(int parameter) => kinks[parameter];

    /// <summary>
    /// |numeric - analytic| / the larger of the two. Gradients below 1e-5 are compared with 1e-5, because the loss has
    /// only 16 digits.
    /// </summary>
    /// <param name="parameter">From 0 to below <see cref="Measured"/>.</param>
    public double RelativeError(int parameter) => Math.Abs(numeric[parameter] - analytic[parameter])
        / Math.Max(1e-5, Math.Max(Math.Abs(numeric[parameter]), Math.Abs(analytic[parameter])));

    private protected override bool Next()
    {
        var (far, near) = (Slope(Measured, H), Slope(Measured, H / 2));
        kinks[Measured] = Math.Abs(far - near) > Disagreement * Math.Max(1, Math.Abs(near));
        numeric[Measured] = (4 * near - far) / 3;
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
