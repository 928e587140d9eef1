namespace MicroGpt.Tests;

/// <summary>
/// A number, and how far what float32 makes of it is likely to be away. Each operation rounds, by anything up to 2^-24 of
/// its result, and hands on what its operands are off. The errors of many operations hardly ever point the same way, so
/// their variances are added, not their sizes: what a sum of n terms is off grows with √n (Higham and Mary, 2019). Adding
/// sizes would be certain, but after two layers it would allow anything.
/// </summary>
readonly record struct Noisy(double Value, double Variance)
{
    /// <summary>So many standard deviations: of 1.5 million numbers of these tests the worst was 4.1 off.</summary>
    const double Never = 8;

    const double Unit = 1.0 / (1 << 24), Smallest = 1e-45;

    /// <summary>A number that float32 has exactly.</summary>
    public static implicit operator Noisy(double value) => new(value, 0);

    /// <summary>The largest error to expect.</summary>
    public double Error => Never * Math.Sqrt(Variance);

    public static Noisy operator +(Noisy a, Noisy b) => Rounded(a.Value + b.Value, a.Variance + b.Variance);

    public static Noisy operator -(Noisy a, Noisy b) => Rounded(a.Value - b.Value, a.Variance + b.Variance);

    public static Noisy operator *(Noisy a, Noisy b) => Rounded(a.Value * b.Value, OfProduct(a, b));

    public static Noisy operator /(Noisy a, Noisy b)
    {
        var quotient = a.Value / b.Value;
        return Rounded(quotient, (a.Variance + quotient * quotient * b.Variance) / (b.Value * b.Value));
    }

    /// <summary>a · b + c, rounded once.</summary>
    public static Noisy Fma(Noisy a, Noisy b, Noisy c) =>
        Rounded(a.Value * b.Value + c.Value, OfProduct(a, b) + c.Variance);

    public Noisy Sqrt() => Rounded(Math.Sqrt(Value), Variance / (4 * Value));

    /// <summary>The exponential, which the engine has to 2 units in the last place; below -87 it is 0.</summary>
    public Noisy Exp()
    {
        var exp = Math.Exp(Value);
        return new(exp, exp * exp * (Variance + 16 * Unit * Unit) + 1e-76);
    }

    /// <summary>This, or 0, as a ReLU decides that sees x; of an x too near to 0 nobody knows which.</summary>
    public Noisy Where(Noisy x) => Math.Abs(x.Value) > x.Error
        ? x.Value > 0 ? this : 0
        : new(x.Value > 0 ? Value : 0, Value * Value + Variance);

    static double OfProduct(Noisy a, Noisy b) =>
        a.Value * a.Value * b.Variance + b.Value * b.Value * a.Variance + a.Variance * b.Variance;

    // An error anywhere between -Unit and Unit of the value has a third of the variance that one of ±Unit has.
    static Noisy Rounded(double value, double variance) =>
        new(value, variance + Unit * Unit / 3 * (value * value + variance) + Smallest * Smallest);
}
