using System.Security.Cryptography;

namespace MicroGpt.Tests;

public sealed class Sha256HashTests
{
    [Fact]
    public void Every_length_has_the_hash_that_the_system_computes()
    {
        var bytes = new byte[300];
        new Random(1).NextBytes(bytes);
        for (var length = 0; length <= bytes.Length; length++)
        {
            var message = bytes.AsSpan(0, length);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(message)), Sha256Hash.Of(message));
        }
    }

    [Fact]
    public void A_message_may_come_in_any_pieces()
    {
        var random = new Random(2);
        for (var trial = 0; trial < 200; trial++)
        {
            var hash = new Sha256Hash();
            var all = new List<byte>();
            for (var pieces = random.Next(10); pieces > 0; pieces--)
            {
                var piece = new byte[random.Next(200)];
                random.NextBytes(piece);
                all.AddRange(piece);
                hash.Append(piece);
            }
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all.ToArray())), hash.End());
        }
    }

    [Fact]
    public void A_large_message_has_the_hash_that_sha256sum_prints()
    {
        var million = new byte[1_000_000]; // FIPS 180-4's own example
        Array.Fill(million, (byte)'a');
        Assert.Equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", Sha256Hash.Of(million));
    }
}
