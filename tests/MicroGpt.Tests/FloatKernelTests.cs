namespace MicroGpt.Tests;

/// <summary>The kernels of the float engine against three plain loops, to the last bit, on every path.</summary>
public unsafe class FloatKernelTests
{
    public static TheoryData<string> Paths => Engines.Vectors;

    /// <summary>c = a · x, or added to c, each product fused: what every tile must give.</summary>
    static void Naive(float[] c, int cRow, bool add, float[] a, int aRow, int aTerm, float[] x, int xTerm,
        int rows, int columns, int terms)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var sum = add ? c[row * cRow + column] : 0;
                for (var term = 0; term < terms; term++)
                {
                    sum = MathF.FusedMultiplyAdd(a[row * aRow + term * aTerm], x[term * xTerm + column], sum);
                }
                c[row * cRow + column] = sum;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_product_of_any_shape(string vector)
    {
        var (random, width) = (new Random(vector.Length), VectorWidths.Named(vector));
        for (var trial = 0; trial < 2000; trial++)
        {
            var (rows, columns) = (random.Next(1, 40), random.Next(1, 100));
            var terms = random.Next(trial % 10 == 0 ? 600 : 50); // also more than are taken at once
            var (within, add, transposed) = (random.Next(2) == 0, random.Next(2) == 0, random.Next(2) == 0);
            var lanes = Lanes(width);
            columns = within ? columns : (columns + lanes - 1) / lanes * lanes; // whole vectors
            var (cRow, xTerm) = (columns + random.Next(3), columns + random.Next(3));
            var (aRow, aTerm) = transposed ? (1, rows + random.Next(3)) : (terms + random.Next(3), 1);
            var a = Numbers((rows + 1) * aRow + terms * aTerm);
            var (x, c) = (Numbers(terms * xTerm), Numbers(rows * cRow));
            var expected = (float[])c.Clone();
            Naive(expected, cRow, add, a, aRow, aTerm, x, xTerm, rows, columns, terms);
            fixed (float* pc = c, pa = a, px = x)
            {
                switch (width, within)
                {
                    case (VectorWidth.Bits512, false):
                        FloatKernel.Product<FloatLanes16>(
                            pc, cRow, add, pa, aRow, aTerm, px, xTerm, rows, columns, terms);
                        break;
                    case (VectorWidth.Bits256, false):
                        FloatKernel.Product<FloatLanes8>(pc, cRow, add, pa, aRow, aTerm, px, xTerm, rows, columns, terms);
                        break;
                    case (VectorWidth.Scalar, false):
                        FloatKernel.Product<FloatLanes1>(pc, cRow, add, pa, aRow, aTerm, px, xTerm, rows, columns, terms);
                        break;
                    case (VectorWidth.Bits512, true):
                        FloatKernel.ProductWithin<FloatLanes16>(
                            pc, cRow, add, pa, aRow, aTerm, px, xTerm, rows, columns, terms);
                        break;
                    case (VectorWidth.Bits256, true):
                        FloatKernel.ProductWithin<FloatLanes8>(
                            pc, cRow, add, pa, aRow, aTerm, px, xTerm, rows, columns, terms);
                        break;
                    default:
                        FloatKernel.ProductWithin<FloatLanes1>(
                            pc, cRow, add, pa, aRow, aTerm, px, xTerm, rows, columns, terms);
                        break;
                }
            }
            // What lies between the rows must be left alone too.
            for (var i = 0; i < c.Length; i++)
            {
                if (BitConverter.SingleToInt32Bits(c[i]) != BitConverter.SingleToInt32Bits(expected[i]))
                {
                    Assert.Fail($"{vector}, trial {trial}, "
                        + $"[{rows}, {terms}] x [{terms}, {columns}], within {within}, "
                        + $"add {add}, transposed {transposed}: row {i / cRow}, column {i % cRow}: "
                        + $"expected {expected[i]:R}, was {c[i]:R}");
                }
            }
        }

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Rows_become_columns(string vector)
    {
        var random = new Random(1);
        for (var trial = 0; trial < 200; trial++)
        {
            var (rows, columns) = (random.Next(1, 50), random.Next(1, 50));
            var (rowsUp, columnsUp) = ((rows + 15) / 16 * 16, (columns + 15) / 16 * 16);
            var from = new float[rowsUp * columnsUp];
            var to = new float[rowsUp * columnsUp];
            for (var i = 0; i < from.Length; i++)
            {
                from[i] = i;
            }
            fixed (float* pFrom = from, pTo = to)
            {
                switch (VectorWidths.Named(vector))
                {
                    case VectorWidth.Bits512:
                        FloatKernel.Transpose<FloatLanes16>(pFrom, columnsUp, pTo, rowsUp, rows, columns);
                        break;
                    case VectorWidth.Bits256:
                        FloatKernel.Transpose<FloatLanes8>(pFrom, columnsUp, pTo, rowsUp, rows, columns);
                        break;
                    default: FloatKernel.Transpose<FloatLanes1>(pFrom, columnsUp, pTo, rowsUp, rows, columns); break;
                }
            }
            for (var row = 0; row < rows; row++)
            {
                for (var column = 0; column < columns; column++)
                {
                    Assert.Equal(row * columnsUp + column, to[column * rowsUp + row]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void The_exponential_is_within_two_units_in_the_last_place(string vector)
    {
        // Every 61st float32 from -0 down to below the last that does not give 0, and what lies beyond.
        var numbers = new List<float> { 0, -0f, -87, MathF.BitDecrement(-87), -88, -1e30f, float.NegativeInfinity };
        var from = BitConverter.SingleToInt32Bits(-1e-30f);
        for (var bits = from; bits < BitConverter.SingleToInt32Bits(-90f); bits += 61)
        {
            numbers.Add(BitConverter.Int32BitsToSingle(bits));
        }
        while (numbers.Count % 16 != 0)
        {
            numbers.Add(0);
        }
        var found = numbers.ToArray();
        fixed (float* p = found)
        {
            for (var i = 0; i < found.Length; i += Lanes(VectorWidths.Named(vector)))
            {
                switch (VectorWidths.Named(vector))
                {
                    case VectorWidth.Bits512: FloatPasses<FloatLanes16>.Exp(FloatLanes16.Load(p + i)).Store(p + i); break;
                    case VectorWidth.Bits256: FloatPasses<FloatLanes8>.Exp(FloatLanes8.Load(p + i)).Store(p + i); break;
                    default: FloatPasses<FloatLanes1>.Exp(FloatLanes1.Load(p + i)).Store(p + i); break;
                }
            }
        }
        var worst = 0.0;
        for (var i = 0; i < found.Length; i++)
        {
            var expected = numbers[i] >= -87 ? Math.Exp(numbers[i]) : 0;
            var unit = expected > 0 ? MathF.BitIncrement((float)expected) - (float)expected : 0;
            var error = Math.Abs(found[i] - expected);
            if (error > 2 * unit)
            {
                Assert.Fail($"exp({numbers[i]:R}): expected {expected:R}, was {found[i]:R}");
            }
            worst = Math.Max(worst, unit > 0 ? error / unit : 0);
        }
        TestContext.Current.SendDiagnosticMessage($"{vector}: exp is at most {worst:F2} units off");
    }

    static int Lanes(VectorWidth width) =>
        width switch { VectorWidth.Bits512 => 16, VectorWidth.Bits256 => 8, _ => 1 };
}
