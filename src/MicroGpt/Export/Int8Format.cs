using System.Buffers.Binary;
using System.Globalization;

namespace MicroGpt;

/// <summary>
/// Groups of 16 numbers. A group is its scale, a 16-bit count of units, and 16 signed bytes: each number is the scale
/// times its byte. The unit is a power of two, so all of these products are exact, even in single precision.
/// </summary>
sealed class Int8Format : NumberFormat
{
    const int Group = 16, Most = sbyte.MaxValue;

    readonly double unit;

    /// <summary>Chooses the unit by the largest value: its group's scale must fit in 16 bits.</summary>
    public Int8Format(double[] values)
    {
        var largest = values.Max(Math.Abs);
        _ = Finite((float)largest, largest, "i8");
        var exponent = largest == 0 ? 0 : (int)Math.Ceiling(Math.Log2(largest / Most / ushort.MaxValue));
        unit = Math.ScaleB(1, Math.Max(exponent, -126)); // not below the smallest normal float
    }

    public override string Description => $"8 bits, and a scale for each {Group}";

    public override string CSharp => """
            // Each 16 numbers share a scale, in units of a power of two (2 bytes); a number is the scale times its byte.
            static IEnumerable<double> Numbers(byte[] bytes)
            {
                for (int at = 0; at < bytes.Length; at += 18)
                {
                    double scale = @unit@ * (bytes[at] + 256 * bytes[at + 1]);
                    for (int i = at + 2; i < at + 18 && i < bytes.Length; i++)
                        yield return scale * unchecked((sbyte)bytes[i]);
                }
            }
        """.Replace("@unit@", Unit, StringComparison.Ordinal);

    public override string JavaScript => """
        // Each 16 numbers share a scale, in units of a power of two (2 bytes); a number is the scale times its byte.
        function* numbers(base64) {
          const bytes = new DataView(Uint8Array.from(atob(base64), c => c.charCodeAt(0)).buffer);
          for (let at = 0; at < bytes.byteLength; at += 18) {
            const scale = @unit@ * bytes.getUint16(at, true);
            for (let i = at + 2; i < at + 18 && i < bytes.byteLength; i++) yield scale * bytes.getInt8(i);
          }
        }
        """.Replace("@unit@", Unit, StringComparison.Ordinal);

    string Unit => unit.ToString("R", CultureInfo.InvariantCulture);

    public override long SizeOf(int count) => count + 2L * ((count + Group - 1) / Group);

    public override byte[] Pack(double[] values)
    {
        var bytes = new byte[SizeOf(values.Length)];
        var at = 0;
        for (var begin = 0; begin < values.Length; begin += Group)
        {
            var group = values.AsSpan(begin, Math.Min(Group, values.Length - begin));
            double largest = 0;
            foreach (var value in group)
            {
                largest = Math.Max(largest, Math.Abs(value));
            }
            var units = Math.Ceiling(largest / Most / unit);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)units);
            at += 2;
            foreach (ref var value in group)
            {
                var number = units == 0 ? 0 : (sbyte)Math.Round(value / (units * unit));
                bytes[at++] = (byte)number;
                value = units * unit * number;
            }
        }
        return bytes;
    }
}
