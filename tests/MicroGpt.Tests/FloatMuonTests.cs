namespace MicroGpt.Tests;

public class FloatMuonTests
{
    static readonly int[] widths = [1, 2, 7, 16, 24, 33, 64];

    // The runner's own work may hold all threads that the pool begins with, and then no worker would come.
    static FloatMuonTests() => ThreadPool.SetMinThreads(16, 16);

    public static MatrixTheoryData<string, int> Paths =>
        new([.. VectorWidths.Supported.Select(VectorWidths.Name)], widths);

    // A gradient U·diag(s)·Vᵀ with U and V orthogonal must give a step along U·diag(f(s))·Vᵀ, where f is the polynomial,
    // five times, of s divided by the norm.
    [Theory]
    [MemberData(nameof(Paths))]
    public void A_step_has_the_gradients_directions_and_the_polynomial_of_its_singular_values(string vector, int nEmbd)
    {
        var layout = new ParameterLayout(new(27, NEmbd: nEmbd, NHead: 1));
        var (random, first) = (new Random(nEmbd), layout.OfEmbeddings);
        var (p, g) = (new float[layout.Length - first], new float[layout.Length - first]);
        var made = layout.Matrices.Where(matrix => matrix.Offset >= first).Select(matrix =>
        {
            var (u, v) = (Orthogonal(matrix.Rows, random), Orthogonal(matrix.Columns, random));
            var s = Enumerable.Range(0, Math.Min(matrix.Rows, matrix.Columns))
                .Select(_ => Math.Pow(10, -2 * random.NextDouble())).ToArray();
            ForEach(matrix, (i, row, column) =>
                g[i - first] = (float)Enumerable.Range(0, s.Length).Sum(k => u[k][row] * s[k] * v[k][column]));
            return (Matrix: matrix, U: u, V: v, Values: s);
        }).ToArray();
        new FloatMuon(new(1), layout, null, VectorWidths.Named(vector), new()).Update(p, g, learningRate: 0.5);
        foreach (var (matrix, u, v, s) in made)
        {
            var norm = Math.Sqrt(s.Sum(x => x * x));
            var length = 0.5 * 0.4 * Math.Sqrt(Math.Max(matrix.Rows, matrix.Columns));
            var values = s.Select(x => Polynomial(x / norm)).ToArray();
            Assert.All(values, value => Assert.InRange(value, 0.6, 1.25));
            ForEach(matrix, (i, row, column) =>
            {
                var expected = -length * Enumerable.Range(0, s.Length).Sum(k => u[k][row] * values[k] * v[k][column]);
                Assert.True(Math.Abs(expected - p[i - first]) <= 1e-4 * length,
                    $"{matrix.Name} row {row}, column {column}: expected {expected}, was {p[i - first]}");
            });
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void All_widths_and_numbers_of_threads_give_the_same_bits(string vector, int nEmbd)
    {
        var layout = new ParameterLayout(new(27, NLayer: 2, NEmbd: nEmbd, NHead: 1));
        var random = new Random(1);
        FloatMuon[] both =
        [
            new(new(1), layout, null, VectorWidth.Scalar, new()),
            new(new(3), layout, null, VectorWidths.Named(vector), new()),
        ];
        float[][] found = [new float[both[0].M.Length], new float[both[0].M.Length]];
        for (var step = 0; step < 4; step++)
        {
            // Some matrices have no gradient, some a tiny one.
            var g = Array.ConvertAll(found[0], _ => (float)(random.NextDouble() - 0.5));
            Array.Clear(g, 0, nEmbd * nEmbd);
            g.AsSpan(nEmbd * nEmbd, nEmbd * nEmbd).Fill(1e-30f);
            both[0].Update(found[0], g, 0.01, weightDecay: 0.1);
            both[1].Update(found[1], g, 0.01, weightDecay: 0.1);
        }
        Assert.All(found[0], x => Assert.True(float.IsFinite(x)));
        Assert.Equal(new float[nEmbd * nEmbd], found[0][..(nEmbd * nEmbd)]);
        Assert.Equal(Array.ConvertAll(found[0], BitConverter.SingleToInt32Bits),
            Array.ConvertAll(found[1], BitConverter.SingleToInt32Bits));
        Assert.Equal(both[0].M, both[1].M);
    }

    [Fact]
    public void The_mean_looks_a_step_ahead_and_decay_takes_a_part_of_each_parameter()
    {
        // A matrix of one number: its only singular value is the sign of what the mean will be.
        var layout = new ParameterLayout(new(1, NEmbd: 1, NHead: 1, BlockSize: 1));
        var muon = new FloatMuon(new(1), layout, null, VectorWidth.Scalar, new());
        var p = new float[muon.M.Length];
        var g = new float[p.Length];
        (p[0], g[0], p[1]) = (1, 3, -2);
        muon.Update(p, g, learningRate: 0.1, weightDecay: 0.5);
        Assert.Equal(0.1 * 3, muon.M[0], 1e-6);
        Assert.Equal(0.95 - 0.1 * 0.4 * Polynomial(1), p[0], 1e-6);
        Assert.Equal(-1.9f, p[1]);
        g[0] = -2; // the mean stays above 0, the next one would be below
        var before = p[0];
        muon.Update(p, g, learningRate: 0.1);
        Assert.Equal(0.9 * 0.3 - 0.2, muon.M[0], 1e-6);
        Assert.Equal(before + 0.1 * 0.4 * Polynomial(1), p[0], 1e-6);
        Assert.Throws<ArgumentException>(() => muon.Update(p, new float[1], 0.1));
    }

    static double Polynomial(double s)
    {
        for (var i = 0; i < 5; i++)
        {
            s = 3.4445 * s - 4.775 * Math.Pow(s, 3) + 2.0315 * Math.Pow(s, 5);
        }
        return s;
    }

    // Vectors of length 1 at right angles to each other (Gram and Schmidt).
    static double[][] Orthogonal(int n, Random random)
    {
        var vectors = new double[n][];
        for (var k = 0; k < n; k++)
        {
            var vector = Enumerable.Range(0, n).Select(_ => random.NextDouble() - 0.5).ToArray();
            for (var pass = 0; pass < 2; pass++)
            {
                foreach (var other in vectors[..k])
                {
                    var along = vector.Zip(other, (a, b) => a * b).Sum();
                    vector = [.. vector.Zip(other, (a, b) => a - along * b)];
                }
            }
            var length = Math.Sqrt(vector.Sum(a => a * a));
            vectors[k] = Array.ConvertAll(vector, a => a / length);
        }
        return vectors;
    }

    static void ForEach((string, int Rows, int Columns, int Offset) matrix, Action<int, int, int> action)
    {
        for (var i = 0; i < matrix.Rows * matrix.Columns; i++)
        {
            action(matrix.Offset + i, i / matrix.Columns, i % matrix.Columns);
        }
    }
}
