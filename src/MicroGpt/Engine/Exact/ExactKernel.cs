using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MicroGpt;

/// <summary>
/// The hot loop: many sums of products at once, each in the given order. (Fully optimized from the first call: a training
/// run of a few milliseconds can't wait for tiered compilation.)
/// </summary>
static unsafe class ExactKernel
{
    /// <summary>
    /// For each row: c[row] = Σ a[row, term] · x[term], or c[row] += that sum, with the terms in this order. Elements
    /// of a are single numbers, those of x and c vectors. Rows of c and terms of x are cRow and xTerm numbers apart, rows
    /// and terms of a aRow and aTerm.
    /// Each term of x is read, and each row of c written, as a whole vector, used or not: the T.Count numbers from
    /// x + term · xTerm and from c + row · cRow on must belong to the caller. c must not overlap a or x.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Product<T>(
        double* c, nint cRow, double* a, nint aRow, nint aTerm, double* x, nint xTerm, int rows, int* order, int terms)
        where T : unmanaged, IExactLanes<T>
    {
        if (typeof(T) == typeof(ExactLanes2))
        {
            Product(c, cRow, a, aRow, aTerm, x, xTerm, rows, order, terms);
            return;
        }
        // Eight rows together: they share each load of x, and their additions are independent.
        var row = 0;
        for (; row <= rows - 8; row += 8)
        {
            T s0 = default, s1 = default, s2 = default, s3 = default;
            T s4 = default, s5 = default, s6 = default, s7 = default;
            for (var k = 0; k < terms; k++)
            {
                nint term = order[k];
                var xs = T.Load(x + term * xTerm);
                var p = a + term * aTerm;
                var q = p + 4 * aRow;
                s0 += T.All(p[0]) * xs;
                s1 += T.All(p[aRow]) * xs;
                s2 += T.All(p[2 * aRow]) * xs;
                s3 += T.All(p[3 * aRow]) * xs;
                s4 += T.All(q[0]) * xs;
                s5 += T.All(q[aRow]) * xs;
                s6 += T.All(q[2 * aRow]) * xs;
                s7 += T.All(q[3 * aRow]) * xs;
            }
            s0.Store(c);
            s1.Store(c + cRow);
            s2.Store(c + 2 * cRow);
            s3.Store(c + 3 * cRow);
            s4.Store(c + 4 * cRow);
            s5.Store(c + 5 * cRow);
            s6.Store(c + 6 * cRow);
            s7.Store(c + 7 * cRow);
            a += 8 * aRow;
            c += 8 * cRow;
        }
        for (; row < rows; row++)
        {
            T sum = default;
            for (var k = 0; k < terms; k++)
            {
                nint term = order[k];
                sum += T.All(a[term * aTerm]) * T.Load(x + term * xTerm);
            }
            sum.Store(c);
            a += aRow;
            c += cRow;
        }
    }

    // The same for two lanes, without a struct around them: so .NET's interpreter is six times as fast.
    static void Product(
        double* c, nint cRow, double* a, nint aRow, nint aTerm, double* x, nint xTerm, int rows, int* order, int terms)
    {
        var row = 0;
        for (; row <= rows - 4; row += 4, a += 4 * aRow, c += 4 * cRow)
        {
            Vector128<double> s0 = default, s1 = default, s2 = default, s3 = default;
            for (var k = 0; k < terms; k++)
            {
                nint term = order[k];
                var xs = *(Vector128<double>*)(x + term * xTerm);
                var p = a + term * aTerm;
                s0 += Vector128.Create(p[0]) * xs;
                s1 += Vector128.Create(p[aRow]) * xs;
                s2 += Vector128.Create(p[2 * aRow]) * xs;
                s3 += Vector128.Create(p[3 * aRow]) * xs;
            }
            *(Vector128<double>*)c = s0;
            *(Vector128<double>*)(c + cRow) = s1;
            *(Vector128<double>*)(c + 2 * cRow) = s2;
            *(Vector128<double>*)(c + 3 * cRow) = s3;
        }
        for (; row < rows; row++, a += aRow, c += cRow)
        {
            Vector128<double> sum = default;
            for (var k = 0; k < terms; k++)
            {
                nint term = order[k];
                sum += Vector128.Create(a[term * aTerm]) * *(Vector128<double>*)(x + term * xTerm);
            }
            *(Vector128<double>*)c = sum;
        }
    }

    /// <summary>
    /// c [rows, columns] = Σ a[row, term] · x[term, column], with the terms in this order, rows of a aRow numbers apart.
    /// Lanes are columns. The last columns use narrower vectors, so nothing beyond c or x is accessed.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Outer<T>(
        double* c, double* a, nint aRow, double* x, int rows, int columns, int* order, int terms, int column = 0)
        where T : unmanaged, IExactLanes<T>
    {
        // A few rows at a time, so that the same cache lines and pages of c are reused soon.
        const int tile = 64;
        for (var row = 0; row < rows; row += tile)
        {
            for (var j = column; j <= columns - T.Count; j += T.Count)
            {
                Product<T>(c + (nint)row * columns + j, columns, a + row * aRow, aRow, 1, x + j, columns,
                    Math.Min(tile, rows - row), order, terms);
            }
        }
        column += (columns - column) / T.Count * T.Count;
        if (T.Count == 8 && column < columns)
        {
            Outer<ExactLanes4>(c, a, aRow, x, rows, columns, order, terms, column);
        }
        else if (T.Count is 2 or 4 && column < columns)
        {
            Outer<ExactLanes1>(c, a, aRow, x, rows, columns, order, terms, column);
        }
    }

    /// <summary>
    /// from [rows, columns], rows fromRow apart -> to [columns, rows], rows toRow apart. Nothing beyond is accessed.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(double* from, nint fromRow, double* to, nint toRow, int rows, int columns)
    {
        for (var row = 0; row < rows; row++, from += fromRow, to++)
        {
            for (var column = 0; column < columns; column++)
            {
                to[column * toRow] = from[column];
            }
        }
    }
}
