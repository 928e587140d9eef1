namespace MicroGpt.Tests;

public class FloatAdamTests
{
    public static TheoryData<string> Paths => Engines.Vectors;

    [Theory]
    [MemberData(nameof(Paths))]
    public void Follows_Adam_and_has_the_same_bits_on_every_path(string vector)
    {
        // More than a chunk, and no multiple of a vector.
        const int count = 16384 + 7;
        var random = new Random(1);
        var exact = new ExactAdam(Moments.Zero(count), VectorWidth.Scalar);
        FloatAdam[] both =
        [
            new(new Crew(1), count, null, VectorWidth.Scalar), new(new Crew(3), count, null, VectorWidths.Named(vector)),
        ];
        var start = Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
        var p = start.Select(x => (double)x).ToArray();
        float[][] found = [[.. start], [.. start]];
        for (var step = 0; step < 30; step++)
        {
            // Some gradients are 0, some tiny, some large.
            var g = Enumerable.Range(0, count).Select(i =>
                i % 10 == 0 ? 0 : (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-12, 2)))).ToArray();
            exact.Update(p, Array.ConvertAll(g, x => (double)x), step, 0.01);
            both[0].Update(found[0], g, step, 0.01);
            both[1].Update(found[1], g, step, 0.01);
        }
        for (var i = 0; i < count; i++)
        {
            // Each of 30 steps is at most about the rate long, with an error of a few units, and p is rounded after it.
            Assert.True(Math.Abs(p[i] - found[0][i]) <= 30 * (0.05 * 8 + 1) / (1 << 24), $"{i}: {p[i]}, {found[0][i]}");
            Assert.Equal(BitConverter.SingleToInt32Bits(found[0][i]), BitConverter.SingleToInt32Bits(found[1][i]));
        }
        Assert.Equal(both[0].M, both[1].M);
        Assert.Equal(both[0].V, both[1].V);
    }

    [Fact]
    public void Decay_takes_a_part_of_each_parameter()
    {
        var adam = new FloatAdam(new Crew(1), 3, null, VectorWidth.Scalar);
        float[] p = [1, -2, 0];
        adam.Update(p, [0, 0, 0], 0, 0.1, weightDecay: 0.5);
        Assert.Equal([0.95f, -1.9f, 0], p);
        double[] q = [1, -2, 0];
        new ExactAdam(Moments.Zero(3), VectorWidth.Scalar).Update(q, [0, 0, 0], 0, 0.1, weightDecay: 0.5);
        Assert.Equal([0.95, -1.9, 0], q);
        Assert.Throws<ArgumentException>(() => adam.Update(p, [0, 0], 0, 0.1));
    }
}
