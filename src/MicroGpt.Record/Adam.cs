namespace MicroGpt.Record;

/// <summary>
/// One line of Adam, with every term: how one step moved one parameter. The bits are those of the engine and of
/// microgpt.cs.
/// </summary>
/// <param name="Gradient">The gradient g, in nats per unit.</param>
/// <param name="MBefore">The running mean of the gradient before the step.</param>
/// <param name="VBefore">The running mean of the squared gradient before the step.</param>
/// <param name="Step">Counted from 1.</param>
/// <param name="LearningRate">The rate of this step.</param>
/// <param name="Before">The parameter before the step.</param>
public readonly record struct Adam(
    double Gradient, double MBefore, double VBefore, int Step, double LearningRate, double Before)
{
    /// <summary>The share of m that survives a step: its half-life is ln 2 / -ln 0.85 = 4.3 steps.</summary>
    public const double Beta1 = 0.85;

    /// <summary>The share of v that survives a step: its half-life is 69 steps.</summary>
    public const double Beta2 = 0.99;

    /// <summary>Keeps the divisor above 0.</summary>
    public const double Epsilon = 1e-8;

    /// <summary>The old mean's part of m: β₁ · <see cref="MBefore"/>.</summary>
    public double MKept => Beta1 * MBefore;

    /// <summary>The gradient's part of m: (1 - β₁) · <see cref="Gradient"/>.</summary>
    public double MAdded => (1 - Beta1) * Gradient;

    /// <summary>m after the step: <see cref="MKept"/> + <see cref="MAdded"/>.</summary>
    public double M => MKept + MAdded;

    /// <summary>The old mean's part of v: β₂ · <see cref="VBefore"/>.</summary>
    public double VKept => Beta2 * VBefore;

    /// <summary>The squared gradient's part of v: (1 - β₂) · <see cref="Gradient"/>².</summary>
    public double VAdded => (1 - Beta2) * Libm.Pow(Gradient, 2);

    /// <summary>v after the step: <see cref="VKept"/> + <see cref="VAdded"/>.</summary>
    public double V => VKept + VAdded;

    /// <summary>m divided by this: 1 - β₁ᵗ makes up for its start at 0.</summary>
    public double MSum => 1 - Libm.Pow(Beta1, Step);

    /// <summary>v divided by this: 1 - β₂ᵗ makes up for its start at 0.</summary>
    public double VSum => 1 - Libm.Pow(Beta2, Step);

    /// <summary>m̂: <see cref="M"/> / <see cref="MSum"/>.</summary>
    public double MHat => M / MSum;

    /// <summary>v̂: <see cref="V"/> / <see cref="VSum"/>.</summary>
    public double VHat => V / VSum;

    /// <summary>√v̂ + ε, what m̂ is divided by.</summary>
    public double Divisor => Libm.Pow(VHat, 0.5) + Epsilon;

    /// <summary>What is subtracted: rate · m̂ / (√v̂ + ε).</summary>
    public double Term => LearningRate * MHat / Divisor;

    /// <summary>The parameter after the step: <see cref="Before"/> - <see cref="Term"/>, exactly.</summary>
    public double After => Before - Term;
}
