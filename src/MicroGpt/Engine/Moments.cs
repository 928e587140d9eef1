using System.Runtime.InteropServices;

namespace MicroGpt;

/// <summary>Adam's state: the running means of each parameter's gradient and of its square.</summary>
/// <param name="M">The means of the gradients, [ParameterCount].</param>
/// <param name="V">The means of the squares, [ParameterCount].</param>
sealed record Moments(double[] M, double[] V)
{
    /// <summary>The state before the first step: all 0.</summary>
    public static Moments Zero(int count) => new(new double[count], new double[count]);

    /// <summary>The hash of both, like <see cref="Parameters.Sha256"/>.</summary>
    public string Sha256() =>
        Sha256Hash.Of([.. MemoryMarshal.AsBytes(M.AsSpan()), .. MemoryMarshal.AsBytes(V.AsSpan())]);
}
