using System.Buffers.Binary;
using System.Numerics;

namespace MicroGpt;

/// <summary>
/// SHA-256 (FIPS 180-4), as <c>sha256sum</c> prints it. On Linux, .NET's own is OpenSSL's: this library would need
/// libssl, and load it at every start, for this one number.
/// </summary>
sealed class Sha256Hash
{
    const int Block = 64; // bytes

    // 32 bits after the point: of the square roots of the first 8 primes, and of the cube roots of the first 64.
    static readonly uint[] start = [.. Primes(8).Select(prime => Fraction(Math.Sqrt(prime)))];
    static readonly uint[] constants = [.. Primes(64).Select(prime => Fraction(Math.Cbrt(prime)))];

    readonly uint[] state = [.. start];
    readonly byte[] waiting = new byte[Block]; // bytes of a block that is not complete
    long length; // of all that was appended

    /// <summary>The hash of some bytes, 64 hexadecimal digits.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var hash = new Sha256Hash();
        hash.Append(bytes);
        return hash.End();
    }

    /// <summary>Continues the message.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var begun = (int)(length % Block);
        length += bytes.Length;
        if (begun > 0)
        {
            var rest = bytes[..Math.Min(Block - begun, bytes.Length)];
            rest.CopyTo(waiting.AsSpan(begun));
            bytes = bytes[rest.Length..];
            if (begun + rest.Length < Block)
            {
                return;
            }
            Mix(waiting);
        }
        for (; bytes.Length >= Block; bytes = bytes[Block..])
        {
            Mix(bytes);
        }
        bytes.CopyTo(waiting);
    }

    /// <summary>Ends the message; nothing can be appended any more.</summary>
    /// <returns>Its hash, 64 hexadecimal digits.</returns>
    public string End()
    {
        Span<byte> end = stackalloc byte[2 * Block]; // a bit 1, zeros up to a whole block, the length in bits
        end[0] = 0x80;
        var padded = (int)((length + 8) / Block * Block + Block - length);
        BinaryPrimitives.WriteInt64BigEndian(end[(padded - 8)..], 8 * length);
        Append(end[..padded]);
        Span<byte> hash = stackalloc byte[4 * state.Length];
        for (var i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(hash[(4 * i)..], state[i]);
        }
        return Convert.ToHexStringLower(hash);
    }

    void Mix(ReadOnlySpan<byte> block)
    {
        Span<uint> w = stackalloc uint[Block];
        for (var i = 0; i < 16; i++)
        {
            w[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
        }
        for (var i = 16; i < Block; i++)
        {
            var s0 = Turn(w[i - 15], 7) ^ Turn(w[i - 15], 18) ^ w[i - 15] >> 3;
            var s1 = Turn(w[i - 2], 17) ^ Turn(w[i - 2], 19) ^ w[i - 2] >> 10;
            w[i] = w[i - 16] + s0 + w[i - 7] + s1;
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        var (e, f, g, h) = (state[4], state[5], state[6], state[7]);
        for (var i = 0; i < Block; i++)
        {
            var t1 = h + (Turn(e, 6) ^ Turn(e, 11) ^ Turn(e, 25)) + (e & f ^ ~e & g) + constants[i] + w[i];
            var t2 = (Turn(a, 2) ^ Turn(a, 13) ^ Turn(a, 22)) + (a & b ^ a & c ^ b & c);
            (h, g, f, e) = (g, f, e, d + t1);
            (d, c, b, a) = (c, b, a, t1 + t2);
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    static uint Turn(uint x, int bits) => BitOperations.RotateRight(x, bits);

    // A double has 53 bits: more than the at most 5 before the point and the 32 after it.
    static uint Fraction(double root) => (uint)((root - Math.Floor(root)) * 4294967296);

    static IEnumerable<int> Primes(int count) => Enumerable.Range(2, 400)
        .Where(n => Enumerable.Range(2, n - 2).All(divisor => n % divisor != 0)).Take(count);
}
