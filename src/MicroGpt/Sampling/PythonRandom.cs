using System.Buffers.Binary;
using System.Numerics;

namespace MicroGpt;

/// <summary>
/// CPython's <c>random</c> module (Mersenne Twister, MT19937): the same seed gives the same numbers as in Python.
/// </summary>
sealed class PythonRandom
{
    const int Length = 624;
    const int WithoutSpare = 4 * Length + 4, WithSpare = WithoutSpare + 8; // bytes of a saved state

    readonly uint[] mt = new uint[Length];
    int next;
    double? spare; // Gauss makes two numbers at a time; this is the second, with mean 0 and deviation 1

    /// <summary>As <c>random.seed(seed)</c> for an integer: the sign is ignored, every other bit counts.</summary>
    public PythonRandom(BigInteger seed)
    {
        seed = BigInteger.Abs(seed);
        var key = new uint[Math.Max(1, (seed.GetBitLength() + 31) / 32)]; // the seed's words, the lowest first
        for (var i = 0; i < key.Length; i++, seed >>= 32)
        {
            key[i] = (uint)(seed & uint.MaxValue);
        }
        mt[0] = 19650218;
        for (uint i = 1; i < Length; i++)
        {
            mt[i] = 1812433253 * (mt[i - 1] ^ mt[i - 1] >> 30) + i;
        }
        // Two rounds mix in the key, each starting where the previous one ended; index 0 acts as 624 and is set last.
        var word = mt[0];
        var stirs = Math.Max(Length, key.Length);
        for (var k = 0; k < stirs; k++)
        {
            var i = 1 + k % (Length - 1);
            var j = k % key.Length;
            word ^= word >> 30;
            mt[i] = word = (mt[i] ^ word * 1664525) + key[j] + (uint)j;
        }
        for (var k = stirs; k < stirs + Length - 1; k++)
        {
            var i = 1 + k % (Length - 1);
            word ^= word >> 30;
            mt[i] = word = (mt[i] ^ word * 1566083941) - (uint)i;
        }
        mt[0] = 0x80000000;
    }

    /// <summary>The generator's state as text.</summary>
    /// <returns>
    /// Base64 of little-endian bytes: the 624 words of the twister, the index of the next one, and, if there is one, the
    /// spare number of a <see cref="Gauss"/> pair (8 bytes).
    /// </returns>
    public string Save()
    {
        Span<byte> bytes = stackalloc byte[WithSpare];
        for (var i = 0; i < Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(4 * i)..], mt[i]);
        }
        BinaryPrimitives.WriteInt32LittleEndian(bytes[(4 * Length)..], next);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes[WithoutSpare..], spare ?? 0);
        return Convert.ToBase64String(bytes[..(spare == null ? WithoutSpare : WithSpare)]);
    }

    /// <summary>Restores a saved generator.</summary>
    /// <exception cref="ArgumentException">The text is not one that <see cref="Save"/> returned.</exception>
    public static PythonRandom Restore(string state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Span<byte> bytes = stackalloc byte[WithSpare];
        if (!Convert.TryFromBase64String(state, bytes, out var length) || length is not (WithoutSpare or WithSpare))
        {
            throw new ArgumentException("not the state of a random number generator", nameof(state));
        }
        var random = new PythonRandom(0);
        for (var i = 0; i < Length; i++)
        {
            random.mt[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * i)..]);
        }
        random.next = BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * Length)..]);
        random.spare = length == WithSpare ? BinaryPrimitives.ReadDoubleLittleEndian(bytes[WithoutSpare..]) : null;
        return (uint)random.next < Length && double.IsFinite(random.spare ?? 0)
            ? random
            : throw new ArgumentException("the state of the random number generator is out of range", nameof(state));
    }

    /// <summary>The next 32 random bits: <c>random.getrandbits(32)</c>.</summary>
    uint Next()
    {
        // Each word is regenerated as it is used, not all 624 at once: the numbers are the same.
        var y = mt[next] & 0x80000000 | mt[(next + 1) % Length] & 0x7fffffff;
        y = mt[next] = mt[(next + 397) % Length] ^ y >> 1 ^ (y & 1) * 0x9908b0df;
        next = (next + 1) % Length;
        y ^= y >> 11;
        y ^= y << 7 & 0x9d2c5680;
        y ^= y << 15 & 0xefc60000;
        return y ^ y >> 18;
    }

    /// <summary><c>random.random()</c>: 53 random bits as a number in [0, 1).</summary>
    public double Random() => ((Next() >> 5) * 67108864.0 + (Next() >> 6)) / 9007199254740992.0;

    /// <summary>
    /// <c>random.gauss(mu, sigma)</c>: Box and Muller's pair, the cosine first, the sine at the next call.
    /// </summary>
    public double Gauss(double mu, double sigma)
    {
        if (spare is double z)
        {
            spare = null;
            return mu + z * sigma;
        }
        var angle = Random() * (2 * Math.PI);
        var radius = Math.Sqrt(-2 * Libm.Log(1 - Random()));
        spare = Libm.Sin(angle) * radius;
        return mu + Libm.Cos(angle) * radius * sigma;
    }

    /// <summary><c>random.shuffle(items)</c>.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            int j;
            do
            {
                j = (int)(Next() >> BitOperations.LeadingZeroCount((uint)i + 1));
            }
            while (j > i);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>
    /// The index that <c>random.choices(range(len(weights)), weights)</c> draws: i with probability proportional to
    /// weights[i].
    /// </summary>
    /// <exception cref="ArgumentException">There are no weights.</exception>
    public int Choice(ReadOnlySpan<double> weights)
    {
        if (weights.IsEmpty)
        {
            throw new ArgumentException("there is nothing to choose from", nameof(weights));
        }
        var total = weights[0];
        foreach (var weight in weights[1..])
        {
            total += weight;
        }
        var x = Random() * total;
        var sum = weights[0];
        var i = 0;
        while (i < weights.Length - 1 && sum <= x)
        {
            sum += weights[++i];
        }
        return i;
    }
}
