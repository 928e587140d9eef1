using System.Buffers.Binary;

namespace MicroGpt;

/// <summary>IEEE half precision: a sign, 5 bits of exponent, 10 of mantissa.</summary>
sealed class Float16Format : NumberFormat
{
    public override string Description => "16-bit floating point";

    public override string CSharp => """
            // A number is a half: a sign, 5 bits of exponent, 10 of mantissa.
            static IEnumerable<double> Numbers(byte[] bytes)
            {
                for (int at = 0; at < bytes.Length; at += 2)
                {
                    int half = bytes[at] + 256 * bytes[at + 1], exponent = half >> 10 & 31;
                    double value = (half & 1023) + (exponent > 0 ? 1024 : 0);
                    for (; exponent > 1; exponent--) value *= 2;
                    yield return (half < 32768 ? value : -value) / 16777216;
                }
            }
        """;

    public override string JavaScript => """
        // A number is a half: a sign, 5 bits of exponent, 10 of mantissa.
        function* numbers(base64) {
          const bytes = new DataView(Uint8Array.from(atob(base64), c => c.charCodeAt(0)).buffer);
          for (let at = 0; at < bytes.byteLength; at += 2) {
            const half = bytes.getUint16(at, true);
            let exponent = half >> 10 & 31, value = (half & 1023) + (exponent > 0 ? 1024 : 0);
            for (; exponent > 1; exponent--) value *= 2;
            yield (half < 32768 ? value : -value) / 16777216;
          }
        }
        """;

    public override long SizeOf(int count) => 2L * count;

    public override byte[] Pack(double[] values)
    {
        var bytes = new byte[SizeOf(values.Length)];
        for (var i = 0; i < values.Length; i++)
        {
            var half = (Half)values[i];
            BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(2 * i), half);
            values[i] = Finite((double)half, values[i], "f16; f32 or i8 can hold it");
        }
        return bytes;
    }
}
