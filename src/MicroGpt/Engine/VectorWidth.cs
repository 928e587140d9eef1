using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MicroGpt;

/// <summary>The vector widths that both engines support. All give the same bits.</summary>
enum VectorWidth
{
    /// <summary>No vectors: one number at a time, on any machine.</summary>
    Scalar,

    /// <summary>Two float64: x64 without AVX2, or a browser. Float32 is computed one number at a time.</summary>
    Bits128,

    /// <summary>Four float64 or eight float32: AVX2 with FMA, or Arm64.</summary>
    Bits256,

    /// <summary>Eight float64 or sixteen float32: AVX-512.</summary>
    Bits512,
}

/// <summary>The widths this machine supports, and the one in use.</summary>
static class VectorWidths
{
    /// <summary>The widths the hardware supports, widest first.</summary>
    public static VectorWidth[] Supported { get; } =
    [
        .. Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? [VectorWidth.Bits512] : Array.Empty<VectorWidth>(),
        .. Vector256.IsHardwareAccelerated && Fma.IsSupported || AdvSimd.Arm64.IsSupported
            ? [VectorWidth.Bits256] : Array.Empty<VectorWidth>(),
        .. Vector128.IsHardwareAccelerated ? [VectorWidth.Bits128] : Array.Empty<VectorWidth>(),
        VectorWidth.Scalar,
    ];

    /// <summary>The widest, unless the environment variable MICROGPT_VECTOR says 512, 256, 128 or scalar.</summary>
    public static VectorWidth InUse => inUse ??= Named(Environment.GetEnvironmentVariable("MICROGPT_VECTOR"));

    static VectorWidth? inUse;

    /// <summary>The width with this name; without a name, the widest.</summary>
    /// <exception cref="PlatformNotSupportedException">The machine lacks this width, or the name is unknown.</exception>
    public static VectorWidth Named(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return Supported[0];
        }
        foreach (var width in Supported)
        {
            if (Name(width) == name)
            {
                return width;
            }
        }
        throw new PlatformNotSupportedException(
            $"MICROGPT_VECTOR={name}: this machine supports {string.Join(", ", Supported.Select(Name))}");
    }

    /// <summary>A width's name in MICROGPT_VECTOR.</summary>
    public static string Name(VectorWidth width) => width switch
    {
        VectorWidth.Bits512 => "512",
        VectorWidth.Bits256 => "256",
        VectorWidth.Bits128 => "128",
        _ => "scalar",
    };
}
