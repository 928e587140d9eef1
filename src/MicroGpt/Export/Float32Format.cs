using System.Buffers.Binary;

namespace MicroGpt;

/// <summary>IEEE single precision.</summary>
sealed class Float32Format : NumberFormat
{
    public override string Description => "32-bit floating point";

    public override string CSharp => """
            static IEnumerable<double> Numbers(byte[] bytes)
            {
                for (int at = 0; at < bytes.Length; at += 4) yield return BitConverter.ToSingle(bytes, at);
            }
        """;

    public override string JavaScript => """
        function* numbers(base64) {
          const bytes = new DataView(Uint8Array.from(atob(base64), c => c.charCodeAt(0)).buffer);
          for (let at = 0; at < bytes.byteLength; at += 4) yield bytes.getFloat32(at, true);
        }
        """;

    public override long SizeOf(int count) => 4L * count;

    public override byte[] Pack(double[] values)
    {
        var bytes = new byte[SizeOf(values.Length)];
        for (var i = 0; i < values.Length; i++)
        {
            var single = (float)values[i];
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), single);
            values[i] = Finite(single, values[i], "f32");
        }
        return bytes;
    }
}
