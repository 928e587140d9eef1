using System.Runtime.Intrinsics.X86;

namespace MicroGpt;

/// <summary>What this build of the library uses of the processor.</summary>
public static class Processor
{
    /// <summary>The width of the vectors that both engines compute with: 512, 256, or 0 if they use none.</summary>
    /// <exception cref="PlatformNotSupportedException">
    /// The environment variable MICROGPT_VECTOR asks for a width that is not supported here.
    /// </exception>
    public static int VectorBits => VectorWidths.InUse switch
    {
        VectorWidth.Bits512 => 512,
        VectorWidth.Bits256 => 256,
        _ => 0,
    };

    /// <summary>
    /// Whether the processor has AVX2, but the program was compiled, or is run, without: it then trains many times
    /// slower. A program that is compiled ahead of time for x64 needs <c>IlcInstructionSet</c> x86-64-v3 or native.
    /// </summary>
    public static bool HasUnusedVectors => VectorWidths.Supported[0] < VectorWidth.Bits256 && HasAvx2;

    // Asked of the processor itself: Avx2.IsSupported says what the program was compiled for.
    static bool HasAvx2
    {
        get
        {
            const int fma = 1 << 12, savedBySystem = 1 << 27, avx = 1 << 28, avx2 = 1 << 5;
            if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
            {
                return false;
            }
            var (all, has) = (fma | savedBySystem | avx, X86Base.CpuId(1, 0).Ecx);
            return (has & all) == all && (X86Base.CpuId(7, 0).Ebx & avx2) != 0;
        }
    }
}
