using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MicroGpt.Tests;

/// <summary>The product and sum with one rounding, computed without the processor's instruction.</summary>
public sealed class FusedTests
{
    // Sums that cancel to the last bits, sums that lie in the middle of two doubles or next to it, sums far apart.
    static readonly Func<double, double, double, ulong, double>[] summands =
    [
        (_, _, c, _) => c,
        (a, b, _, bits) => -a * b * (1 + ((double)(bits % 5) - 2) * Numbers.Ulp),
        (a, b, _, bits) => Math.ScaleB(a * b, (int)(bits % 240) - 120),
        (a, b, _, bits) => Math.ScaleB(1 + (bits % 4) * Numbers.Ulp, Math.ILogB(a * b) + (int)(bits >> 8) % 8 + 50),
        (_, _, _, _) => 0,
    ];

    [Fact]
    public void Software_rounds_as_the_instruction_does()
    {
        Assert.SkipUnless(Fma.IsSupported || AdvSimd.IsSupported, "this processor has no such instruction");
        ulong state = 0;
        for (var i = 0; i < 5_000_000; i++)
        {
            var (a, b, c) = (Number(ref state), Number(ref state), Number(ref state));
            c = summands[i % summands.Length](a, b, c, Numbers.Next(ref state));
            var (expected, found) = (Math.FusedMultiplyAdd(a, b, c), Fused.InSoftware(a, b, c));
            if (!Bits.Same(expected, found))
            {
                Assert.Fail($"{Bits.Hex(a)} * {Bits.Hex(b)} + {Bits.Hex(c)}: expected {Bits.Hex(expected)}, "
                    + $"was {Bits.Hex(found)}");
            }
        }
    }

    [Fact]
    public void The_rest_in_software_is_nearly_the_instruction_s()
    {
        Assert.SkipUnless(Fma.IsSupported || AdvSimd.IsSupported, "this processor has no such instruction");
        ulong state = 0;
        for (var i = 0; i < 5_000_000; i++)
        {
            var (a, b) = (Number(ref state), Number(ref state));
            var c = a * b * (1 + ((double)(Numbers.Next(ref state) % 9) - 4) * Numbers.Ulp);
            var (expected, found) = (Math.FusedMultiplyAdd(-a, b, c), Fused.RestInSoftware(c, a, b));
            Assert.True(Math.Abs(expected - found) <= Math.ScaleB(Math.Abs(c), -75), $"{c:R} - {a:R} * {b:R}");
        }
    }

    // From 2^-100 to 2^100, every third with few digits, so that products are short.
    static double Number(ref ulong state)
    {
        var bits = Numbers.Next(ref state);
        var digits = bits % 3 == 0 ? bits & 0x800FFFFFF0000000 : bits & 0x800FFFFFFFFFFFFF;
        return BitConverter.UInt64BitsToDouble(digits | (1023 - 100 + (bits >> 52) % 200) << 52);
    }
}
